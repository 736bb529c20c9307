//! Evaluates a compiled expression to the selected nodes. Evaluation cannot fail.

mod expand;
mod group;
mod plan;
#[cfg(test)]
mod tests;

pub(crate) use group::evaluate;
pub(crate) use plan::Plan;
