//! The selection methods: each finds the nodes that a value matches.

mod config;
mod dbt2;
mod fqn;
mod kind;
mod label;
mod named;
mod path;
mod python;
mod resolve;
mod result;
mod source_status;
mod state;
#[cfg(test)]
mod tests;
mod version;

pub(crate) use python::text as python_text;
pub(crate) use resolve::{Resolved, resolve};
