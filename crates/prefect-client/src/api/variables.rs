//! Variables.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// A variable.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Variable {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its value: any JSON.
    pub value: Value,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A variable to be created.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NewVariable {
    /// Its name: lower-case letters, digits, `-` and `_`.
    pub name: String,
    /// Its value: any JSON of up to 5000 characters.
    pub value: Value,
    /// Its tags.
    pub tags: Vec<String>,
}

impl NewVariable {
    /// A variable.
    #[must_use]
    pub fn new(name: &str, value: Value) -> Self {
        Self {
            name: name.to_owned(),
            value,
            tags: Vec::new(),
        }
    }
}

impl Client {
    /// Reads a variable; `None` when there is none of that name.
    ///
    /// # Errors
    /// As every call, but for 404.
    pub async fn read_variable(&self, name: &str) -> Result<Option<Variable>, Error> {
        let path = format!("/variables/name/{}", segment(name));
        match self.get(&path).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Creates a variable; refused when one of that name exists.
    ///
    /// # Errors
    /// As every call.
    pub async fn create_variable(&self, variable: &NewVariable) -> Result<Variable, Error> {
        self.post_once("/variables/", variable).await
    }

    /// Deletes a variable.
    ///
    /// # Errors
    /// As every call.
    pub async fn delete_variable(&self, name: &str) -> Result<(), Error> {
        self.delete(&format!("/variables/name/{}", segment(name)))
            .await
    }
}
