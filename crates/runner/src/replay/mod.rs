//! Late delivery: the journals of earlier runs, killed ones included, and logs that dbt stored.
//!
//! A replay can be interrupted and repeated: it asks the server first and sends only what the server lacks.

mod artifacts;
mod close_killed;
mod deliver;
mod error;
mod from_log;
mod log;
mod recover;
mod run;
mod stored_feed;
mod survey;

pub use error::ReplayError;
pub use recover::{Leftovers, leftovers};
pub use run::{ReplayOptions, ReplayedRun, replay};
