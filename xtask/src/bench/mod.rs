//! `cargo xtask bench`: time and memory of prefect-dbt, dbt by itself and Prefect's Python runner.

mod contest;
mod manifest;
mod measure;
mod options;
mod programs;
mod project;
mod python;
mod run;
mod volume;
mod wide;

pub(crate) use run::run;
