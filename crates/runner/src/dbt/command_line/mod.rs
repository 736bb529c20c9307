//! dbt's command line: one table of its flags, and one parser that reads a line as dbt reads it.
//!
//! [`CommandLine`] keeps every word. What dbt refuses is kept as it is, so that dbt refuses it.

mod commands;
mod edit;
mod flag;
mod flag_table;
mod line;
mod parse;

pub(crate) use commands::is_command;
pub(crate) use edit::flag_with_value;
#[cfg(feature = "cli")]
pub(crate) use flag::Kind;
pub(crate) use flag::{Engine, Flag};
pub(crate) use line::CommandLine;
#[cfg(feature = "cli")]
pub(crate) use line::Given;

#[cfg(test)]
mod tests;
