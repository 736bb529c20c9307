//! dbt's node selection language: parsed, compiled and evaluated against a manifest.

mod ast;
mod display;
mod error;
mod hint;
mod method;
mod parse;
mod span;

pub use ast::{Criterion, Depth, Expr, Group, IndirectSelection, Operation};
pub use error::{ErrorKind, SelectorError, SelectorErrors};
pub use method::{Method, MethodName};
pub use span::{Origin, Place, Span};

/// Every method, in Markdown: what `--help` and the site show.
pub const REFERENCE: &str = include_str!("reference.md");
