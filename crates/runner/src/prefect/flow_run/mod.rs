//! Which flow run an invocation reports to, who owns its states, and the requests that set them.

mod connect;
pub(crate) mod context;
mod error;
mod final_state;
mod heartbeat;
mod job_variables;
mod lease;
mod new_run;
mod orchestrate;
mod process_mark;
mod reconnect;
mod run_name;
mod start_wait;
mod which_flow_run;

pub(crate) use connect::{
    Connection, attach, create, find_or_create, join, refuse_cancelled, resume, retry_rules,
};
pub(crate) use context::RunContext;
pub use error::ReportError;
pub(crate) use final_state::FinalStateSetter;
pub(crate) use heartbeat::{HEARTBEAT, Heartbeats};
pub(crate) use job_variables::job_variables;
pub(crate) use lease::Lease;
pub(crate) use new_run::NewRun;
pub(crate) use orchestrate::{finish, force_final_state, state_type};
pub(crate) use process_mark::{Host, ProcessFate, ProcessMark};
pub(crate) use reconnect::{PastRun, reconnect};
pub(crate) use run_name::flow_run_name;
pub(crate) use start_wait::wait_for_api;
pub(crate) use which_flow_run::{Mode, ModeFacts, decide, ownership_by_state};
