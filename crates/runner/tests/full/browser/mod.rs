//! The page of `prefect-dbt report` in Chromium.

mod devtools;
mod page;
mod runs;
