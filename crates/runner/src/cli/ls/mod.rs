//! `prefect-dbt ls`: lists what dbt would list or run, from the manifest only. dbt is not started.

mod args;
mod dbt_flags;
mod disk;
mod error;
mod inputs;
mod lines;
mod of_dbt;
mod reference;
mod run;

pub(crate) use args::LsArgs;
pub(crate) use dbt_flags::for_clap;
pub(crate) use error::LsError;
pub(crate) use run::{Evaluated, Place, evaluate, exit_code, run};
