//! Integration tests of dbt-templating: cases in files, and properties.

mod case;
mod properties;
mod snapshots;
