//! The runner: what a program needs to run dbt and to have the run reported.

mod builder;
mod connection;
mod error;
mod executable;
mod flow;
mod options;
mod prefect_dbt_runner;
mod told;

pub use builder::PrefectDbtRunnerBuilder;
pub use error::RunError;
pub use flow::{Flow, FlowContext};
pub use prefect_dbt_runner::PrefectDbtRunner;
