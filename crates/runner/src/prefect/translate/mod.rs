//! Translates effects to the JSON of Prefect: pure functions.

mod asset;
mod log;
mod task_run_events;

pub(crate) use asset::asset;
pub(crate) use log::LogTranslator;
pub(crate) use task_run_events::{awaiting_retry, finished, running};

#[cfg(test)]
mod tests;
