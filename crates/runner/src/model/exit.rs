//! Exit codes of the `prefect-dbt` program: a contract with scripts and schedulers.

/// All went well.
pub const SUCCESS: u8 = 0;
/// dbt reported failures, or the run took longer than it may.
pub const FAILURES: u8 = 1;
/// dbt could not run: its own error, bad usage, no dbt, a bad profile, a missing block, variable or key.
pub const CANNOT_RUN: u8 = 2;
/// Prefect refused or could not be reached, and the run needed it.
pub const NO_PREFECT: u8 = 3;
/// Interrupted by SIGINT, or cancelled through Prefect.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM.
pub const TERMINATED: u8 = 143;
