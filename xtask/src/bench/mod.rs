//! `cargo xtask bench`: time and memory of prefect-dbt, dbt by itself and Prefect's Python runner.

mod contest;
mod manifest;
mod measure;
mod options;
mod plan;
mod programs;
mod project;
mod python;
mod run;
mod sleepers;
mod volume;
mod wide;

pub(crate) use run::run;
