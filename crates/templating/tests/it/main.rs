//! Integration tests of dbt-templating.

mod case;
mod dbt;
mod properties;
mod snapshots;
