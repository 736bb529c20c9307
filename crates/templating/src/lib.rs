#![doc = include_str!("../README.md")]
//!
//! # References
//!
//! The forms are `prefect.blocks.<type>.<name>[.<path>]` and `prefect.variables.<name>[.<path>]`, within Jinja's
//! braces. A path consists of `.key` and `[n]`. Names may contain hyphens: references are found
//! before Jinja reads the expression. Only a hyphen directly before `}}` is Jinja's trim mark.
//!
//! - A value that is one reference keeps its type: numbers, booleans, objects, lists, null.
//! - Within a longer text, a value is written as in Python (`True`, `None`, `1e+20`).
//! - In an expression, a reference is replaced by a literal. If the expression then contains only values, operators and
//!   filters that minijinja has, it is evaluated and keeps its type. Otherwise dbt evaluates it:
//!   `{{ env_var('A', prefect.variables.b) }}`.
//! - A missing value is an error, unless `| default(...)` or `is defined` follows the reference.
//! - Values are data: braces in them are not rendered again.
//!
//! # Secrets
//!
//! Fields that the schema of the block declares as secret are passed to dbt in variables named `DBT_ENV_SECRET_...`,
//! whose values dbt masks. The names depend only on the references. A secret cannot be the input of
//! a filter or an operator. Several secrets in one text become one variable, because dbt looks up only one
//! per text. A secret number is passed as text; where dbt's adapters expect a number (`port`), it is an error.
//!
//! # What stays as it is
//!
//! Every byte outside of values with references: quotes, comments, anchors, order, line ends.
//! References in YAML comments, keys, Jinja comments and raw blocks are not rendered, because dbt
//! does not evaluate them there; [`Template::warnings`] lists those in keys. A reference in an
//! anchored value is rendered once, and its aliases get the result. A value with a tag (`!!str`) stays a quoted
//! scalar, so that the tag sets its type. A block scalar (`|`, `>`) becomes a quoted scalar.
//! Mappings of the form `{"$ref": ...}` are not resolved.

mod error;
mod jinja;
mod options;
mod reference;
mod render;
mod report;
mod resolver;
mod secret;
mod template;
mod value;
mod yaml;

pub use error::{Error, ErrorKind, Errors, Place};
pub use options::{Missing, RenderOptions};
pub use reference::{PathStep, Reference, Source};
pub use render::{Profiles, Rendered};
pub use report::{ReferenceValue, RenderReport, ReportEntry};
pub use resolver::{Block, Resolved, Resolver};
pub use secret::{EnvironmentVariable, SecretString};
pub use template::{Template, Warning};
