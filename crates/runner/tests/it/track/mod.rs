//! The tracker over recorded streams.

mod any_order;
mod chaos;
mod lost;
mod reasons;
mod rules;
mod stops;
mod streams;
mod support;
