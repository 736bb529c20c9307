//! Runs dbt and reports the run to Prefect exactly as dbt ran it.

pub mod effect;
pub mod report;
