//! The history of a project and target: status and duration of each node in the last runs, and what is unusual in a run.

mod compare;
mod expected;
mod noise;
mod record;
mod statistics;
mod store;

#[cfg(feature = "cli")]
pub(crate) use compare::Comparison;
pub(crate) use compare::compare;
#[cfg(feature = "cli")]
pub(crate) use expected::LAST;
pub(crate) use expected::expected_run;
#[cfg(feature = "cli")]
pub(crate) use record::NodeRecord;
pub(crate) use record::{RunRecord, selection};
#[cfg(feature = "cli")]
pub(crate) use statistics::median;
pub(crate) use store::History;

#[cfg(test)]
mod tests;
