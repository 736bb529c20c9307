//! Replay: delivers the journals of earlier runs, including killed ones, and logs that dbt has written.
//!
//! A replay can be interrupted and repeated: it asks the server first and sends only what the server does not have.

mod artifacts_of_log;
mod close_killed;
mod deliver;
mod error;
mod from_log;
mod headers;
mod journal_overview;
mod log;
mod options;
mod owed_journals;
mod run;
mod stored_feed;

pub use error::ReplayError;
pub use options::ReplayOptions;

pub(crate) use owed_journals::deliver_owed_journals;
pub use run::{ReplayedRun, replay};
