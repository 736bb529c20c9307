//! Repeating a run that failed: when, and what of it.
//!
//! Each attempt is an invocation of its own, with its own journal and its own task runs. What one leaves undone is kept
//! on record, from which the next one is planned: `dbt retry` with a state that is known to be right, or the whole
//! command again. The server decides whether a failed flow run is repeated; where it has no say, we count ourselves.

mod attempt;
mod begin;
mod guard;
pub(crate) mod keep;
mod lost;
mod plan;
mod policy;
mod record;
mod rest;
mod results;
mod run;
mod series;

pub(crate) use attempt::Attempt;
pub(crate) use begin::{agree, give_up};
pub(crate) use guard::Guard;
pub use policy::RetryStrategy;
pub(crate) use record::{Kept, Records};
pub use run::run;
pub(crate) use series::{Next, Series};
