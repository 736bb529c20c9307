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

pub(crate) use examine::{DoctorOptions, examine};
pub(crate) use report::DoctorReport;
