//! dbt's command line: one table of its flags, and one parser that reads a line as dbt reads it.
//!
//! [`CommandLine`] keeps every word. What dbt refuses is kept as it is, so that dbt refuses it.

mod commands;
mod edit;
mod flag;
mod line;
mod parse;
mod table;

#[cfg(test)]
mod tests;
