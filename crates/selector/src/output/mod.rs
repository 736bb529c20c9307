//! The output of `dbt ls` for a node, in each of its formats.

mod json;
mod lines;
#[cfg(test)]
mod tests;

pub use json::json_line;
pub use lines::{name_line, selector_line};
