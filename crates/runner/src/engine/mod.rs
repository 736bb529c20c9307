//! Running one invocation, from dbt's start to the last word of the report.

mod artifacts;
mod assets;
mod preflight;
mod recorder;
mod report;
mod run;
mod stopping;
mod verdict;

pub use run::run;
