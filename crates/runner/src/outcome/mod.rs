//! The result of an invocation, and the errors that prevent one.

mod error;
mod exit_code;
mod invocation_outcome;

pub use error::Error;
pub(crate) use exit_code::exit_code;
pub use invocation_outcome::Outcome;
