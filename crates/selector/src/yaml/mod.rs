//! `selectors.yml`: from text to named [`Expr`](crate::Expr)s, by way of a document whose scalars are read as dbt reads them.

mod definition;
mod document;
mod render;
mod scalar;
mod selectors;
#[cfg(test)]
mod tests;

pub use render::RenderJinja;
pub use selectors::{NamedSelector, Selectors};
