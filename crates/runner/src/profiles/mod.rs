//! A `profiles.yml` with references to Prefect: found, resolved, and rendered for one run of dbt.

mod error;
mod fetch;
mod locate;
mod preview;
mod rendered;

pub use error::ProfilesError;
pub use fetch::fetch;
pub use locate::{PROFILES_FILE, find_profiles_dir};
pub use preview::Preview;
pub use rendered::RenderedProfiles;
