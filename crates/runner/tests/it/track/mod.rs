//! The tracker over recorded streams.

mod chaos;
mod rules;
mod streams;
mod support;
