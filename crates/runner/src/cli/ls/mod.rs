//! `prefect-dbt ls`: lists what dbt would list or run, from the manifest only. dbt is not started.

mod args;
mod disk;
mod error;
mod inputs;
mod jinja;
mod lines;
mod profile;
mod project;
mod reference;
mod run;
mod spread;

pub(crate) use args::LsArgs;
pub(crate) use error::LsError;
pub(crate) use run::run;
pub(crate) use spread::spread_values;
