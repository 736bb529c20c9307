//! From a compiled expression to the nodes that it selects. Nothing here can fail.

mod expand;
mod group;
mod plan;
#[cfg(test)]
mod tests;

pub(crate) use group::evaluate;
pub(crate) use plan::Plan;
