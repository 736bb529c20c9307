//! The result of an invocation, and the errors that prevent one.

mod error;
mod invocation_outcome;

pub use error::Error;
pub use invocation_outcome::Outcome;
