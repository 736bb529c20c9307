//! The tracker over recorded streams.

mod chaos;
mod lost;
mod reasons;
mod rules;
mod streams;
mod support;
