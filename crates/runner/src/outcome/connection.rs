//! The client for the Prefect API that this process has settings for.

use prefect_client::{Client, Settings};

use super::error::Error;

/// The client that Prefect's own settings (environment, profile) describe; `None` if no API is configured.
///
/// # Errors
/// [`Error::Settings`] and [`Error::Connect`] when the settings are invalid.
pub(crate) fn client_from_env() -> Result<Option<Client>, Error> {
    let settings = Settings::from_env()?;
    let client = settings.api_url.is_some().then(|| Client::new(&settings));
    Ok(client.transpose()?)
}
