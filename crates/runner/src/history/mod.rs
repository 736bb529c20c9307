//! The history of a project and target: status and duration of each node in the last runs, and what is unusual in a run.

mod compare;
mod expected;
mod noise;
mod record;
mod statistics;
mod store;

pub(crate) use compare::{Comparison, compare};
pub(crate) use expected::expected_run;
pub(crate) use record::{NodeRecord, RunRecord, selection};
pub(crate) use statistics::median;
pub(crate) use store::History;

#[cfg(test)]
mod tests;
