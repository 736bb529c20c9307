//! The selection methods: which nodes a criterion's value stands for.

mod config;
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
