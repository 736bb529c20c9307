//! Jinja: where the expressions of a text are, values as literals, and evaluation.

pub(crate) mod evaluate;
pub(crate) mod literal;
pub(crate) mod segment;
