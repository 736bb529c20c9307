//! Repeating a run that failed: when, and what of it.

mod attempt;
mod policy;

pub(crate) use attempt::Attempt;
pub use policy::RetryStrategy;
