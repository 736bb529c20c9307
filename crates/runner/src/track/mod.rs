//! Follows a run of dbt: events in, effects out. Pure: no clock and no I/O.

pub mod assets;
mod close;
mod closing;
mod ending;
mod facts;
mod lineage;
mod logs;
mod node;
mod outcome;
mod redact;
mod requested_output;
mod run;
mod seen;
pub mod summary;
mod tracker;
mod unnamed;
mod upstream;
mod verdict;

pub use assets::{AssetKeyHook, AssetOptions, Assets, materializes};
pub use closing::closing_line;
pub(crate) use closing::is_closing_line;
pub use redact::{MASK, Redactor};
pub(crate) use requested_output::is_data;
pub use run::{ProcessEnd, TextSource, TrackedNode, TrackedRun, TrackerOptions};
pub use summary::{Summary, stopped_line};
pub use tracker::Tracker;
pub(crate) use verdict::{Verdict, judge};
