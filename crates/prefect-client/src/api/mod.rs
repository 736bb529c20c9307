//! The endpoints. Each file holds one concept: its types, and its methods on [`Client`](crate::Client).

mod admin;
mod artifacts;
mod blocks;
mod concurrency;
mod deployments;
mod events;
mod flow_runs;
mod flows;
mod logs;
mod names;
mod path;
mod states;
mod stored_events;
mod task_runs;
mod variables;
mod work_pools;

pub use artifacts::{Artifact, NewArtifact};
pub use blocks::BlockDocument;
pub use concurrency::{ConcurrencyLease, ConcurrencyLimit, SlotMode, StoredConcurrencyLimit};
pub use deployments::{Deployment, NewDeployment, NewDeploymentRun};
pub use events::{Event, InvalidEvent, Resource, ValidEvent};
pub use flow_runs::{FlowRun, FlowRunFilter, FlowRunPatch, NewFlowRun, RetryRules};
pub use flows::{Flow, NewFlow};
pub use logs::{Log, LogFilter, StoredLog};
pub(crate) use path::segment;
pub use states::{NewState, Proposal, ProposalDetails, State, StateType, Verdict};
pub use stored_events::{EventFilter, StoredEvent};
pub use task_runs::{TaskRun, TaskRunFilter};
pub use variables::{NewVariable, Variable};
pub use work_pools::{NewWorkPool, WorkPool};
