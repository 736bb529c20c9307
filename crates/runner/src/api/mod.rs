//! What a Rust program uses: the runner, its builder, and flows with retries.

mod builder;
mod error;
mod flow;
mod flow_start;
mod options;
mod prefect_dbt_runner;
mod run_observer;
mod run_with;
mod running_flow;

pub use builder::PrefectDbtRunnerBuilder;
pub use error::RunError;
pub use flow::Flow;
pub use prefect_dbt_runner::PrefectDbtRunner;
