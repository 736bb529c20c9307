//! The checks of `prefect-dbt doctor`: dbt, the project, its profile, and the connection to Prefect.
//!
//! [`examine`] collects the facts; the checks are pure.

mod api;
mod dbt;
mod engine;
mod examine;
mod folders;
mod launcher;
mod packages;
mod profiles;
mod project;
mod report;

pub use examine::{DoctorOptions, examine};
pub use report::{Check, DoctorReport, REPORT_FORMAT, Status};
