//! The delivery of a journal to the Prefect server: collecting batches, sending them, confirming that they are recorded, finishing
//! the flow run.
//!
//! A [`Reporter`] follows the journal at its own pace. Nothing here can block dbt or fail a run, except connecting to a flow run that
//! already exists.

mod already_stored;
mod batch;
mod budget;
mod collector;
mod confirmation;
mod finish;
mod grace;
mod journal_delivery;
mod ledger_artifact;
mod node_count;
mod outage;
mod rate;
mod recorded;
mod reporter;
mod requests;
mod resend;
mod sender;
mod sent_events;
mod stall;
mod summary_artifact;
mod target;

pub(crate) use ledger_artifact::LedgerOptions;
#[cfg(feature = "cli")]
pub(crate) use ledger_artifact::read_ledger;
pub(crate) use reporter::{ReportOptions, Reporter};

#[cfg(test)]
mod tests;
