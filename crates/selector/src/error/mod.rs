//! Errors in a selection, for the person who wrote it.

mod method;
mod selector;
mod yaml;

pub use method::MethodError;
pub use selector::{ErrorKind, SelectorError, SelectorErrors};
pub use yaml::YamlMistake;
