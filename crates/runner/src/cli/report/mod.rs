//! `prefect-dbt report`: a page about a run, from its journal, the history or dbt's artifacts.

mod args;
mod error;
mod run;
mod source;

pub(crate) use args::ReportArgs;
pub(crate) use error::PageError;
pub(crate) use run::run;
