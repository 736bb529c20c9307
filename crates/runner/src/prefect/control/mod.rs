//! Requests to stop that come from Prefect: the control channel of a worker, and the state of the flow run.

mod channel;
mod frame;
mod receipt;
mod supervision;
mod supervisor;
mod watch;

pub(crate) use supervision::Supervision;
pub(crate) use supervisor::Supervisor;
