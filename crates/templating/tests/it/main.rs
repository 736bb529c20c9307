//! Integration tests of dbt-templating.

mod case;
mod properties;
mod snapshots;
