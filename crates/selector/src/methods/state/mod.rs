//! `state:` — how a node differs from the one of the same id in an earlier manifest.

mod content;
mod contract;
mod macros;
mod pair;
mod resolve;
#[cfg(test)]
mod tests;

pub(super) use resolve::resolve;
