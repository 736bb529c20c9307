//! The attempts of one flow run: when a failed run is retried, and the loop that does it.
//!
//! Each attempt is an invocation with a journal and task runs of its own. The server decides whether a failed flow run is
//! retried; without a server the local count decides.

#[cfg(feature = "cli")]
mod adopt_flow_run;
mod attempt_loop;
mod first_attempt;
mod give_up;
mod in_background;
#[cfg(feature = "cli")]
mod last_attempt;
mod policy;
#[cfg(feature = "cli")]
mod run;

pub(crate) use attempt_loop::Attempts;
pub(crate) use first_attempt::{adopt, agree_on_retries};
pub(crate) use give_up::give_up;
pub(crate) use policy::{Decision, RetryPolicy};
#[cfg(feature = "cli")]
pub(crate) use run::run;
