//! Those who may end a run from outside, and what they are told of its end.
//!
//! A supervisor (Prefect's process worker) speaks on a control channel of its own, and is told there how the flow run
//! ended. Where there is none, nobody tells us of a cancellation but the flow run itself, which is looked at now and then.

mod channel;
mod frame;
mod receipt;
mod supervision;
mod supervisor;
mod watch;

pub(crate) use supervision::Supervision;
pub(crate) use supervisor::Supervisor;
