//! Reporting a run to Prefect: the one place where dbt's vocabulary meets Prefect's.
//!
//! [`decide`] says whose flow run it is; a [`Reporter`] then follows the journal at its own pace and makes the server
//! show what it says. Nothing here can block dbt or fail a run, but for connecting to a flow run that exists.

mod again;
mod artifact;
mod batch;
mod budget;
mod connect;
mod context;
mod courier;
mod ending;
mod error;
mod feed;
mod heartbeat;
mod held;
mod lease;
mod ledger;
mod mode;
mod name;
mod notice;
mod orchestrate;
mod patience;
mod rate;
mod reporter;
mod send;
mod translate;
mod verify;
mod words;

pub(crate) use again::{Home, PastRun};
pub(crate) use connect::{refuse_cancelled, retry_rules};
pub(crate) use ending::Ending;
pub use error::ReportError;
pub use feed::Feed;
pub use mode::{Decision, Mode, ModeFacts, decide, settle};
pub use name::flow_run_name;
pub use notice::{Delivery, FinalState, Notice};
pub(crate) use orchestrate::conclude;
pub use reporter::{NewRun, ReportOptions, Reporter};

#[cfg(test)]
mod tests;
