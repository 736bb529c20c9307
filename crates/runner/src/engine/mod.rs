//! Running one invocation, from dbt's start to the last word of the report.

mod artifacts;
mod assets;
mod claim;
mod drive;
mod last_word;
mod preflight;
mod prepare;
mod recorder;
mod report;
mod run;
mod stopping;
mod turn;
mod verdict;
mod vigil;

pub(crate) use artifacts::read_manifest;
pub(crate) use last_word::{end_waiting, keep_end};
pub(crate) use prepare::{journal_dir, profiles_dir, project};
pub(crate) use recorder::is_data;
pub use run::run;
pub(crate) use verdict::{judge, stopped_state};
pub(crate) use vigil::Vigil;
