#![doc = include_str!("../README.md")]

mod ansi;
mod event;
mod level;
mod lines;
mod name;
mod node;
pub mod otel;
mod payload;
mod serialize;
mod text;
mod time;
mod truncate;

pub use ansi::strip_ansi;
pub use event::{Event, Line, decode};
pub use level::Level;
pub use lines::{LineSplitter, RawLine};
pub use name::EventName;
pub use node::{NodeInfo, NodeRelation, RunResult, Timing};
pub use payload::{
    BatchResult, BatchStart, CancelLine, CommandCompleted, CompiledNode, Concurrency, Connection,
    EncounteredError, EndOfRunSummary, ExceptionOnRun, FreshnessResult, HookEnd, HookStart,
    MarkSkippedChildren, NodeFinished, ReportArgs, ReportVersion, RunResultError, ShowNode,
    SkipBecauseError, SkippingDetails, StartLine, Stats,
};
pub use text::Text;
pub use time::parse_timestamp;
