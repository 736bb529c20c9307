//! Delivering later what the server lacks: from the journals of runs, and from logs that dbt has stored.
//!
//! Everything here may be interrupted and repeated: what the server holds is not told again.

mod artifacts;
mod backfill;
mod closer;
mod deliver;
mod error;
mod feed;
mod leftovers;
mod log;
mod run;
mod survey;

pub use error::ReplayError;
pub use leftovers::{Leftovers, leftovers};
pub use run::{ReplayOptions, ReplayedRun, replay};
