//! `selectors.yml`: the document, its Jinja, and the definitions of named [`Expr`](crate::Expr)s.

mod definition;
mod document;
mod render;
mod scalar;
mod selectors;
#[cfg(test)]
mod tests;

pub use render::RenderJinja;
pub use selectors::{NamedSelector, Selectors};
