//! The tracker over recorded streams.

mod any_order;
mod chaos;
mod dbt2;
mod lost;
mod reasons;
mod records;
mod rules;
mod stops;
mod streams;
mod support;
