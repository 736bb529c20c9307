//! Names of what there is, to say in an error what could have been meant.

use serde::Deserialize;
use serde_json::json;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// Most names that one call answers; the server's own limit.
const PAGE: u32 = 200;

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

fn names(found: Vec<Named>) -> Vec<String> {
    found.into_iter().filter_map(|named| named.name).collect()
}

impl Client {
    /// The names of variables, 200 at most.
    ///
    /// # Errors
    /// As every call.
    pub async fn read_variable_names(&self) -> Result<Vec<String>, Error> {
        let filter = json!({"limit": PAGE, "sort": "NAME_ASC"});
        self.post("/variables/filter", &filter).await.map(names)
    }

    /// The names of the blocks of a type, 200 at most; none when there is no such type.
    ///
    /// # Errors
    /// As every call, but for 404.
    pub async fn read_block_names(&self, kind: &str) -> Result<Vec<String>, Error> {
        let path = format!("/block_types/slug/{}/block_documents", segment(kind));
        match self.get(&path).await {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            answer => answer.map(names),
        }
    }
}
