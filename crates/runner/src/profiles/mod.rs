//! Renders a `profiles.yml` with references to Prefect blocks and variables for a run of dbt.

mod error;
mod fetch;
#[cfg(feature = "cli")]
mod preview;
mod rendered;
mod used_output;

pub use error::ProfilesError;
#[cfg(feature = "cli")]
pub(crate) use preview::Preview;
pub(crate) use rendered::RenderedProfiles;
