//! The settings of the client, from the same sources and with the same precedence as in Prefect.
//!
//! In order of precedence: the process environment, `.env`, `prefect.toml`, `pyproject.toml` (`[tool.prefect]`), the active
//! profile of `profiles.toml`, the default. Each setting is looked up separately. Custom headers are merged from all
//! sources. [`Settings::from_sources`] is pure; [`Settings::from_env`] reads the environment and the files.

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
