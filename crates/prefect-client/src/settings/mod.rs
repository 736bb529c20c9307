//! Where the API is and how to talk to it, from the same places and in the same order as Prefect itself.
//!
//! From the highest: the process environment, `.env`, `prefect.toml`, `pyproject.toml` (`[tool.prefect]`), the active
//! profile of `profiles.toml`, the default. The order holds for each setting by itself; custom headers alone are merged
//! over all sources. [`Settings::from_sources`] is pure; [`Settings::from_env`] reads the real thing.

mod dotenv;
mod error;
mod lookup;
mod model;
mod profiles;
mod resolve;
mod sources;
mod value;

pub use error::SettingsError;
pub use model::{ApiUrl, LoggingToApi, Settings};
pub use sources::Sources;

#[cfg(test)]
mod tests;
