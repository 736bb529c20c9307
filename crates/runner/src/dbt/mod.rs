//! dbt as a child process: found, started in a group of its own, read, stopped.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the runner does not use it yet")
)]
pub(crate) mod command_line;
mod environment;
mod find;
mod process;
mod pump;
mod watchdog;

pub(crate) use environment::{CONTROL, Wanted, child_environment};
pub use find::find_dbt;
pub(crate) use process::{DbtCommand, DbtProcess, Ended, Group};
pub(crate) use pump::pump;

#[cfg(test)]
mod tests;
