//! Parses texts to [`Expr`](crate::Expr)s.

mod arguments;
mod criterion;
#[cfg(test)]
mod tests;

pub(crate) use arguments::EXCLUDE;
pub(crate) use criterion::default_method;
