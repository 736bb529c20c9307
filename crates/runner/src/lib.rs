//! Runs dbt and reports the run to Prefect exactly as dbt ran it.

pub mod effect;
pub mod identity;
pub mod profiles;
pub mod report;
pub mod summary;
pub mod track;
