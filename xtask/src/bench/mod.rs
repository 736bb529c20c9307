//! `cargo xtask bench`: what a run through us costs, beside plain dbt and Prefect's own Python runner.

mod builds;
mod manifest;
mod measure;
mod options;
mod programs;
mod project;
mod run;
mod volume;
mod wide;

pub(crate) use run::run;
