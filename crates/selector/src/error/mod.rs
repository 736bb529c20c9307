//! Errors in a selection, with the place of each.

mod method;
mod selector;
mod yaml;

pub use method::MethodError;
pub use selector::{Error, ErrorKind, Errors};
pub use yaml::YamlError;
