//! dbt 2's telemetry records: `--log-format otel` on standard output, and the file of `--otel-file-name` (JSON Lines).
//!
//! dbt promises to keep them compatible, and they say more than its JSON log: the outcome of a node as a type, why it was
//! skipped and because of which node, the class of an error.
//!
//! A span (a node, a phase of a node, a SQL hook, the invocation) has a record for its start and one for its end; a log line has
//! one. Fields that have their default are not written, so a missing one is never an error.
//!
//! ```
//! use dbt_events::otel::{NodeProcessed, Record, RecordKind, RecordName, SkipReason};
//!
//! let line = r#"{"record_type": "SpanEnd", "trace_id": "019fb7d4ce8977128d065ad013a23be9", "end_time_unix_nano": "1785495605200400000",
//!     "start_time_unix_nano": "1785495605200000000", "severity_number": 9,
//!     "event_type": "v1.public.events.fusion.node.NodeProcessed", "attributes": {"unique_id": "model.shop.daily",
//!     "node_type": "NODE_TYPE_MODEL", "node_outcome": "NODE_OUTCOME_SKIPPED", "node_skip_reason": "NODE_SKIP_REASON_UPSTREAM",
//!     "node_skip_upstream_detail": {"upstream_unique_id": "model.shop.orders"}}}"#;
//! let record = Record::decode(line).expect("a record");
//! assert_eq!((record.kind(), record.name()), (RecordKind::SpanEnd, RecordName::NodeProcessed));
//! let node: NodeProcessed = record.attributes().expect("attributes");
//! assert_eq!((node.status(), node.skip_reason), ("skipped", SkipReason::Upstream));
//! assert_eq!(node.skipped_because_of(), Some("model.shop.orders"));
//! ```

mod enums;
mod node;
mod payload;
mod record;

pub use enums::{
    CacheReason, ErrorType, FreshnessOutcome, HookOutcome, HookType, NodeOutcome, Phase,
    SkipReason, TestOutcome, WarningOutcome,
};
pub use node::{
    CacheDetail, EvaluationDetail, FreshnessDetail, NodeEvaluated, NodeProcessed, TestDetail,
    UpstreamDetail,
};
pub use payload::{HookProcessed, Invocation, LogMessage, Metrics, Output, PhaseExecuted, Process};
pub use record::{Record, RecordKind, RecordName};
