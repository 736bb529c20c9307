//! The vocabulary that every other module shares. Plain values, no I/O.

mod asset_event;
mod dbt_start;
mod delivery;
mod effect;
mod error_chain;
pub mod exit_codes;
mod flow_run_ref;
mod ids;
mod level;
mod log_level;
mod log_line;
mod node_end;
mod node_status;
mod notice;
mod run_end;
mod state;
mod stop;
mod task_run;

pub use asset_event::{AssetEvent, AssetEventKind, AssetProperties};
pub use dbt_start::DbtStart;
pub use delivery::{Delivery, FinalState};
pub use effect::Effect;
pub(crate) use error_chain::{error_chain, error_messages};
pub use flow_run_ref::{ExistingFlowRun, FlowRunRef, NewFlowRun, Ownership};
pub use ids::{dynamic_key, task_run_id};
pub use level::Level;
pub use log_level::LogLevel;
pub use log_line::LogLine;
pub use node_end::{NodeEnd, NodeResult};
pub use node_status::NodeStatus;
pub use notice::Notice;
pub use run_end::{RunEnd, RunSummary};
pub use state::{State, StateKind};
pub(crate) use stop::StopRequests;
pub use stop::{StopCause, Stopper};
pub use task_run::{TaskRef, TaskRun};
