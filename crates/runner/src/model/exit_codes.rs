//! Exit codes of the `prefect-dbt` program: a contract with scripts and schedulers.

/// Success.
pub const SUCCESS: u8 = 0;
/// dbt reported failures, or the run exceeded its timeout.
pub const FAILURES: u8 = 1;
/// dbt could not run: its own error, bad usage, no dbt, a bad profile, a missing block, variable or key.
pub const CANNOT_RUN: u8 = 2;
/// The run needs Prefect, which refused a request or is unreachable.
pub const NO_PREFECT: u8 = 3;
/// Interrupted by SIGINT, or cancelled through Prefect.
pub const INTERRUPTED: u8 = 130;
/// Terminated by SIGTERM.
pub const TERMINATED: u8 = 143;
/// dbt was killed because memory ran out: the code that shells and containers have for SIGKILL.
pub const OUT_OF_MEMORY: u8 = 137;
