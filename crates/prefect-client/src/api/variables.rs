//! Variables: named JSON values on the server.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// A stored variable.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Variable {
    /// The id of the variable.
    pub id: Uuid,
    /// The name, unique on the server.
    pub name: String,
    /// The value: any JSON.
    pub value: Value,
    /// The tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A variable to create.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewVariable {
    /// The name: lower-case letters, digits, `-` and `_`.
    pub name: String,
    /// The value: any JSON of up to 5000 characters.
    pub value: Value,
    /// The tags.
    pub tags: Vec<String>,
}

impl NewVariable {
    /// A variable with this name and value, without tags.
    #[must_use]
    pub fn new(name: &str, value: Value) -> Self {
        Self {
            name: name.to_owned(),
            value,
            tags: Vec::new(),
        }
    }
}

setters! {
    NewVariable {
        list with_tags(tags: String);
    }
}

impl Client {
    /// Reads a variable; `None` if there is none with this name.
    ///
    /// # Errors
    /// If the request fails; never with status 404.
    pub async fn read_variable(&self, name: &str) -> Result<Option<Variable>, Error> {
        let path = format!("/variables/name/{}", segment(name));
        match self.get(&path).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Creates a variable. Status 409 if there is one with this name.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn create_variable(&self, variable: &NewVariable) -> Result<Variable, Error> {
        self.post_once("/variables/", variable).await
    }

    /// Deletes a variable.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn delete_variable(&self, name: &str) -> Result<(), Error> {
        self.delete(&format!("/variables/name/{}", segment(name)))
            .await
    }
}
