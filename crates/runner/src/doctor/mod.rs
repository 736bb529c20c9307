//! What is there to run dbt with, and what is wrong with it: the checks of `prefect-dbt doctor`.
//!
//! The checks are pure: they judge facts that [`examine`] has gathered.

mod api;
mod dbt;
mod examine;
mod profiles;
mod project;
mod report;

pub use examine::{DoctorOptions, examine};
pub use report::{Check, DoctorReport, REPORT_FORMAT, Status};
