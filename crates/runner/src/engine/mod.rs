//! One attempt, from the first check to the last delivered entry.

mod admission;
mod asset_watch;
mod cancellable_wait;
mod connect;
mod drive;
mod preflight;
mod prepare;
mod recorder;
mod run;
mod stopped_before_start;
mod stopping;
mod target_lock;

pub(crate) use cancellable_wait::Vigil;
pub use run::run;
pub(crate) use stopped_before_start::{end_waiting, keep_end};
