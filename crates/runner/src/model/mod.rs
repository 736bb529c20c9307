//! The vocabulary that every other module shares: effects, ids, notices, levels, stop causes and exit codes. Plain values, no I/O.

mod effect;
pub mod exit;
mod ids;
mod level;
mod log_level;
mod node_status;
mod notice;
mod stop;

pub use effect::{
    AssetEvent, AssetFacts, AssetHappening, Effect, Entry, FlowTarget, Header, JOURNAL_FORMAT,
    LogLine, NodeEnd, NodeResult, RunEnd, RunSummary, State, StateKind, TaskRef, TaskRun,
};
pub use ids::{dynamic_key, task_run_id};
pub use level::Level;
pub use log_level::LogLevel;
pub use node_status::NodeStatus;
pub use notice::{Delivery, FinalState, Notice};
pub use stop::{StopCause, Stopper};
