//! Translates effects to the JSON of Prefect: pure functions.

mod asset;
mod log;
mod task_run;

pub(crate) use asset::asset;
pub(crate) use log::LogTranslator;
pub(crate) use task_run::{finished, running};

#[cfg(test)]
mod tests;
