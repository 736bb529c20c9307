//! Reads dbt's structured log: byte chunks into lines, lines into events, events into typed payloads.
//!
//! An [`Event`] borrows from its line. Only the fields that are read are decoded, so that counting events allocates nothing.
//!
//! ```
//! use dbt_events::{EventName, Level, Line, decode};
//!
//! let line = r#"{"data": {"node_count": 3, "num_threads": 4}, "info": {"level": "info",
//!     "msg": "Concurrency: 4 threads", "name": "ConcurrencyLine", "ts": "2026-01-01T12:00:00.000001Z"}}"#;
//! let Line::Event(event) = decode(line) else { panic!("an event") };
//! assert_eq!(event.name(), EventName::ConcurrencyLine);
//! assert_eq!(event.level(), Level::Info);
//! assert_eq!(event.message(), "Concurrency: 4 threads");
//! assert!(matches!(decode("not JSON"), Line::Text("not JSON")));
//! ```

mod ansi;
mod event;
mod level;
mod lines;
mod name;
mod node;
mod payload;
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
