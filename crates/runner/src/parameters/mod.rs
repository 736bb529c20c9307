//! The parameters of a Prefect flow run, which change dbt's command line.
//!
//! ```
//! use prefect_dbt::parameters;
//! use serde_json::json;
//!
//! let line = ["build", "--select", "tag:nightly"].map(String::from);
//! let parameters = json!({ "select": ["orders+"], "full_refresh": true });
//! let changed = parameters::apply(&line, parameters.as_object().expect("an object"))?;
//! assert_eq!(changed, ["build", "--select", "orders+", "--full-refresh"]);
//! # Ok::<(), parameters::ParameterError>(())
//! ```
//!
//! One table has every parameter: the flags that it changes, and its field in the form of Prefect's UI.

mod apply;
mod error;
mod schema;
mod shell_words;
mod table;
mod value;

pub use apply::apply;
pub use error::{Mistake, ParameterError};
pub use schema::schema;
pub use shell_words::{join_words, split_words};

#[cfg(test)]
mod tests;
