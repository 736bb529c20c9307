//! One attempt, from the first check to the last delivered entry. [`run`] has its stages in order.

mod abandon;
mod admission_journal;
mod admit;
mod asset_watch;
mod cancellable_wait;
mod connect;
mod database_lock;
mod earlier_runs;
mod early_manifest;
mod heal;
mod history;
mod judge;
mod lock_file;
mod manifest_file;
mod parse_project;
mod preflight;
mod prepare;
mod record;
mod recorder;
mod run;
mod schedule_thread;
mod session;
mod settle;
mod shared_flow_run;
mod start;
mod stop_dbt;
mod stopped_before_start;
mod target_lock;

pub(crate) use cancellable_wait::{CancellableWait, WaitingFlowRun};
pub(crate) use connect::flow_run_to_create;
pub(crate) use early_manifest::with_early_manifest;
pub(crate) use parse_project::parse_project;
pub(crate) use run::{run, run_after};
pub(crate) use shared_flow_run::{FlowEnd, SharedFlowRun};
pub(crate) use stopped_before_start::{UnstartedRun, end_unstarted, save_unsent_end};
