//! What a dbt command would run: in which order, for how long, and what decides how long. Pure.

mod durations;
mod queue;
mod run_plan;
mod simulation;
mod sql_hooks;
mod stale;
mod test_edges;

pub(crate) use durations::Durations;
pub(crate) use run_plan::{Inputs, Limit, PlannedNode, RunPlan};
pub(crate) use stale::{FoundFile, stale_files};

#[cfg(test)]
mod tests;
