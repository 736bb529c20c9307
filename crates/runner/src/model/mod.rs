//! The vocabulary that every other module shares: effects, ids, notices, levels, stop causes and exit codes. Plain values, no I/O.

mod effect;
mod error_chain;
pub mod exit;
mod ids;
mod level;
mod notice;
mod stop;

pub use effect::{
    AssetEvent, AssetFacts, AssetHappening, Effect, Entry, FlowTarget, Header, JOURNAL_FORMAT,
    LogLine, NodeEnd, NodeResult, RunEnd, RunSummary, State, StateKind, TaskRef, TaskRun,
};
pub(crate) use error_chain::{error_chain, error_messages};
pub use ids::{dynamic_key, task_run_id};
pub use level::LogLevel;
pub use notice::{Delivery, FinalState, Notice};
pub use stop::{StopCause, Stopper};
