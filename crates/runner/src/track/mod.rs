//! Follows a run of dbt: events in, effects out. A pure state machine, without a clock and without I/O.

mod close;
mod closing;
mod ending;
mod facts;
mod lineage;
mod logs;
mod node;
mod outcome;
mod run;
mod seen;
mod tracker;
mod unnamed;
mod upstream;

pub use closing::closing_line;
pub(crate) use closing::is_closing_line;
pub use run::{ProcessEnd, TextSource, TrackedNode, TrackedRun, TrackerOptions};
pub use tracker::Tracker;
