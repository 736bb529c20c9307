//! The result of an invocation, and the errors that prevent one.

mod connection;
mod error;
mod invocation_outcome;

pub(crate) use connection::client_from_env;
pub use error::Error;
pub use invocation_outcome::Outcome;
