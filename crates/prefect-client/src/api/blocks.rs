//! Blocks: stored configuration, of which some fields are secret.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// A stored block. Its `Debug` form leaves out the data.
#[derive(Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct BlockDocument {
    /// The id of the block document.
    pub id: Uuid,
    /// The name; `None` for an anonymous block.
    pub name: Option<String>,
    /// The fields of the block. References to other blocks are replaced by their fields.
    #[serde(default)]
    pub data: Map<String, Value>,
    /// The schema of the fields.
    block_schema: Option<BlockSchema>,
}

#[derive(Clone, PartialEq, Deserialize)]
struct BlockSchema {
    #[serde(default)]
    fields: Value,
}

impl BlockDocument {
    /// The fields that the schema declares as secret: paths with dots, in which `*` stands for any key.
    #[must_use]
    pub fn secret_fields(&self) -> BTreeSet<String> {
        self.schema_fields()
            .and_then(|fields| fields.get("secret_fields"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// The JSON schema of the fields.
    #[must_use]
    pub fn schema_fields(&self) -> Option<&Value> {
        self.block_schema.as_ref().map(|schema| &schema.fields)
    }
}

impl fmt::Debug for BlockDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockDocument")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("data", &"***")
            .finish_non_exhaustive()
    }
}

/// A block type or a block schema: the id only, which is needed to create a block.
#[derive(Deserialize)]
struct Identified {
    id: Uuid,
}

/// A block to create.
#[derive(Serialize)]
struct NewBlockDocument<'a> {
    name: &'a str,
    data: &'a Map<String, Value>,
    block_type_id: Uuid,
    block_schema_id: Uuid,
}

impl Client {
    /// Reads a block with its secrets; `None` if there is no such type or name.
    ///
    /// # Errors
    /// If the request fails; never with status 404.
    pub async fn read_block(&self, kind: &str, name: &str) -> Result<Option<BlockDocument>, Error> {
        let path = format!(
            "/block_types/slug/{}/block_documents/name/{}?include_secrets=true",
            segment(kind),
            segment(name)
        );
        match self.get(&path).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Creates a block of an existing type, with the newest schema of the type.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the type has no schema, or if the request fails.
    pub async fn create_block(
        &self,
        kind: &str,
        name: &str,
        data: &Map<String, Value>,
    ) -> Result<BlockDocument, Error> {
        let path = format!("/block_types/slug/{}", segment(kind));
        let block_type: Identified = self.get(&path).await?;
        let filter = json!({
            "block_schemas": { "block_type_id": { "any_": [block_type.id] } },
            "limit": 1,
        });
        let schemas: Vec<Identified> = self.post("/block_schemas/filter", &filter).await?;
        let schema = schemas
            .first()
            .ok_or_else(|| Error::invalid(format!("the block type `{kind}` has no schema")))?;
        let document = NewBlockDocument {
            name,
            data,
            block_type_id: block_type.id,
            block_schema_id: schema.id,
        };
        self.post_once("/block_documents/", &document).await
    }

    /// Registers a block type with one schema: a JSON schema of its fields, whose `secret_fields` lists the secret ones. A type
    /// and a schema that exist are not changed.
    ///
    /// The server identifies a schema by its fields only, and assigns it to one type. The fields should therefore include
    /// `"block_type_slug": "<slug>"`, as those of Prefect's own types do.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn register_block_type(
        &self,
        slug: &str,
        name: &str,
        fields: &Value,
    ) -> Result<(), Error> {
        let path = format!("/block_types/slug/{}", segment(slug));
        let block_type: Identified = match self.get(&path).await {
            Err(error) if error.is_not_found() => {
                let new = json!({ "slug": slug, "name": name });
                self.post_once("/block_types/", &new).await?
            }
            found => found?,
        };
        let schema = json!({ "block_type_id": block_type.id, "fields": fields });
        let _: Identified = self.post("/block_schemas/", &schema).await?;
        Ok(())
    }

    /// Deletes a block.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn delete_block(&self, id: Uuid) -> Result<(), Error> {
        self.delete(&format!("/block_documents/{id}")).await
    }
}
