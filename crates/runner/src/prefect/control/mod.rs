//! Requests to stop: on the control channel of the process that started us, as the state of the flow run, from signals, and
//! from the program.

mod channel;
mod frame;
mod receipt;
mod signals;
mod stop_sources;
mod supervision;
mod supervisor;
mod watch;

#[cfg(feature = "cli")]
pub(crate) use signals::{forward_signals, is_ignored};
pub(crate) use stop_sources::StopSources;
pub(crate) use supervision::Supervision;
pub(crate) use supervisor::Supervisor;
