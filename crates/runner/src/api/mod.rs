//! What a Rust program uses: the runner, its builder, and flows with retries.

mod builder;
mod error;
mod flow;
mod options;
mod prefect_dbt_runner;
mod run_observer;

pub use builder::PrefectDbtRunnerBuilder;
pub use error::RunError;
pub use flow::Flow;
pub use prefect_dbt_runner::PrefectDbtRunner;
