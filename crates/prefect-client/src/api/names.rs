//! Names of existing variables and blocks, for suggestions in error messages.

use serde::Deserialize;
use serde_json::json;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// The maximum number of names that one call returns: the server's own limit.
const PAGE: u32 = 200;

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

fn names(found: Vec<Named>) -> Vec<String> {
    found.into_iter().filter_map(|named| named.name).collect()
}

impl Client {
    /// Reads the names of the variables; at most 200.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn read_variable_names(&self) -> Result<Vec<String>, Error> {
        let filter = json!({"limit": PAGE, "sort": "NAME_ASC"});
        self.post("/variables/filter", &filter).await.map(names)
    }

    /// Reads the names of the blocks of a type; at most 200, none if the type does not exist.
    ///
    /// # Errors
    /// If the request fails; never with status 404.
    pub async fn read_block_names(&self, kind: &str) -> Result<Vec<String>, Error> {
        let path = format!("/block_types/slug/{}/block_documents", segment(kind));
        match self.get(&path).await {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            answer => answer.map(names),
        }
    }
}
