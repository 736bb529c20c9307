//! From effects to what Prefect is sent: pure functions.

mod asset;
mod log;
mod task_run;

pub(super) use asset::asset;
pub(super) use log::LogTranslator;
pub(super) use task_run::{finished, running};

#[cfg(test)]
mod tests;
