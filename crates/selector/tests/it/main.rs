//! Integration tests of the selection language.

mod dbt2;
mod differential;
