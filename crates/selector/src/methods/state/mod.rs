//! `state:` matches nodes by their difference to an earlier manifest.

mod content;
mod contract;
mod macros;
mod pair;
mod resolve;
#[cfg(test)]
mod tests;

pub(super) use resolve::resolve;
