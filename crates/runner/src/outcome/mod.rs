//! The result of an invocation, and the errors that prevent one.

mod connection;
mod error;
mod error_text;
mod exit_code_after_delivery;
mod invocation_outcome;
#[cfg(test)]
pub(crate) mod recorded;
mod run_summary;
mod start_wait;

pub(crate) use connection::client_from_env;
pub use error::Error;
pub(crate) use error_text::error_text;
pub(crate) use exit_code_after_delivery::exit_code_after_delivery;
pub use invocation_outcome::Outcome;
pub(crate) use run_summary::run_summary;
#[cfg(feature = "cli")]
pub(crate) use run_summary::undelivered;
pub(crate) use start_wait::warn_of_wait;
