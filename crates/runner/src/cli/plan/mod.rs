//! `prefect-dbt plan`: what a dbt command would run, from the manifest and the history. dbt is not started.

mod args;
mod files;
mod run;
mod text;

pub(crate) use args::PlanArgs;
pub(crate) use run::run;
