//! The connection to Prefect that this process has.

use prefect_client::{Client, Settings};

use crate::outcome::Error;

/// The client that Prefect's own settings (environment, profile) describe; `None` where no API is configured.
pub(super) fn from_env() -> Result<Option<Client>, Error> {
    let settings = Settings::from_env()?;
    if settings.api_url.is_none() {
        return Ok(None);
    }
    let client = Client::new(&settings).map_err(|error| Error::Connect(Box::new(error)))?;
    Ok(Some(client))
}
