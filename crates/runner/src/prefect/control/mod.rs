//! Requests to stop that come from Prefect: on the control channel of the process that started us, and as the state of the flow
//! run.

mod channel;
mod frame;
mod receipt;
mod supervision;
mod supervisor;
mod watch;

pub(crate) use supervision::Supervision;
pub(crate) use supervisor::Supervisor;
