//! Jinja: the expressions of a text, values as literals, and evaluation.

pub(crate) mod evaluate;
pub(crate) mod literal;
pub(crate) mod segment;
