//! The server itself.

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Whether the API is there and well. Needs no credentials on a server of one's own.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_health(&self) -> Result<bool, Error> {
        self.get("/health").await
    }

    /// The version of the server.
    ///
    /// # Errors
    /// As every call; 401 when credentials are missing or wrong.
    pub async fn read_server_version(&self) -> Result<String, Error> {
        self.get("/admin/version").await
    }
}
