//! Turns dbt's events into effects: task runs, logs, assets, the summary, the verdict. Pure: no clock and no I/O.

pub mod assets;
mod batch_failures;
mod close_open_nodes;
mod closing_line;
mod diagnostics;
mod event_lines;
mod freshness;
mod healing;
mod held_ends;
mod lineage;
mod log_lines;
mod node_details;
mod node_finished;
mod node_life;
mod node_outcome;
mod node_progress;
mod records;
mod redact;
mod requested_output;
mod root_failure;
#[cfg(feature = "cli")]
mod run_edges;
mod run_info;
mod secret_forms;
mod sql_hooks;
pub mod summary;
mod task_names;
mod task_run;
mod tracked_run;
mod tracker;
mod tracker_options;
mod unnamed_hook_failure;
mod verdict;
mod wait_for;

pub(crate) use assets::ASSET_FIELDS;
pub use assets::{AssetKeyHook, AssetOptions, Assets, materializes};
pub use closing_line::closing_line;
pub(crate) use closing_line::is_closing_line;
pub(crate) use healing::HealRound;
pub use redact::{MASK, Redactor};
pub(crate) use requested_output::{is_data, is_for_prints};
#[cfg(feature = "cli")]
pub(crate) use run_edges::edges_of_run;
pub use summary::{Summary, stopped_line};
pub(crate) use summary::{healed_line, names};
pub use tracked_run::{ProcessEnd, TextSource, TrackedNode, TrackedRun};
pub use tracker::Tracker;
pub use tracker_options::TrackerOptions;
pub(crate) use verdict::{Verdict, empty_selection, judge};
