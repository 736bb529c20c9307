//! The errors of the command line: what failed, the causes, what to do.

mod contract;
pub(super) mod project;
mod stub_api;
