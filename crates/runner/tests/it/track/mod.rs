//! The tracker over recorded streams.

mod chaos;
mod lost;
mod rules;
mod streams;
mod support;
