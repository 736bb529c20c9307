//! Delivery of a journal to the Prefect server: batches, sending, outages, confirmation.
//!
//! A [`Reporter`] follows the journal at its own pace. Nothing here can block dbt or fail a run, except connecting to a flow run that
//! already exists.

mod already_stored;
mod batch;
mod budget;
mod confirmation;
mod courier;
mod outage;
mod rate;
mod reporter;
mod send;
mod summary_artifact;
mod verify;

pub(crate) use reporter::{ReportOptions, Reporter};

#[cfg(test)]
mod tests;
