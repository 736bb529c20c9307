//! From text to [`Expr`](crate::Expr).

mod arguments;
mod criterion;
#[cfg(test)]
mod tests;

pub(crate) use arguments::EXCLUDE;
pub(crate) use criterion::default_method;
