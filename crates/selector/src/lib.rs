#![doc = include_str!("../README.md")]
//!
//! # Stages
//!
//! There are three stages. Errors are found as early as possible:
//!
//! 1. *Parse*: the options of the command line ([`Expr::parse_arguments`]), one text ([`Expr::parse`]) or `selectors.yml`
//!    ([`Selectors::parse`]) become an [`Expr`]. Each part records where it was written.
//! 2. *Compile*: [`Expr::compile`] looks up all methods and values in a [`SelectionGraph`], and collects all errors.
//! 3. *Evaluate*: [`Compiled::evaluate`] follows the graph and applies set operations. It cannot fail; for warnings see
//!    [`Selection::warnings`].
//!
//! [`Request`] does all three for the options of a command. Facts that are not in a manifest (the files of the project, earlier
//! artifacts, Jinja in `selectors.yml`) are passed in by [`Context`] and [`RenderJinja`]: the crate reads no file and no
//! environment variable.
//! The rules are those of dbt 1.11. [`Dialect`] lists the differences of other versions. [`REFERENCE`] describes the language.
//!
//! Lifetimes: `'m` is that of the manifest, `'g` that of the graph.

mod ast;
mod command;
mod compile;
mod context;
mod dialect;
mod display;
mod error;
mod eval;
mod files;
mod fnmatch;
mod glob;
mod graph;
mod hint;
mod method;
mod methods;
mod output;
mod parse;
mod queue;
mod reference;
mod request;
mod selection;
mod set;
mod span;
mod state;
mod warning;
mod yaml;

pub use ast::{Criterion, Depth, Expr, Group, IndirectSelection, Operation};
pub use command::{Command, KindError, NodeFilter};
pub use compile::Compiled;
pub use context::Context;
pub use dialect::Dialect;
pub use error::{Error, ErrorKind, Errors, MethodError, YamlError};
pub use files::{EntryKind, Listing, ProjectFiles};
pub use glob::GlobError;
pub use graph::SelectionGraph;
pub use method::{Method, MethodName};
pub use output::{json_line, name_line, selector_line};
pub use queue::Queue;
pub use reference::REFERENCE;
pub use request::Request;
pub use selection::Selection;
pub use span::{Origin, Place, Span};
pub use state::{State, StateError};
pub use warning::Warning;
pub use yaml::{NamedSelector, RenderJinja, Selectors};
