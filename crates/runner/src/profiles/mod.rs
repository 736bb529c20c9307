//! Renders a `profiles.yml` with references to Prefect blocks and variables for a run of dbt.

mod error;
mod fetch;
mod preview;
mod rendered;
mod used_output;

pub use error::ProfilesError;
pub use fetch::fetch;
pub use preview::Preview;
pub use rendered::RenderedProfiles;
