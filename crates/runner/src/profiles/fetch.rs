//! Fetches the blocks and variables of a template, before it is rendered.

use dbt_templating::{Block, Resolved, Source, Template};
use prefect_client::{Client, Error};
use serde_json::Value;

use super::error::ProfilesError;

/// Fetches every block and variable of `template`, each once. For one that does not exist, the names of existing ones are
/// fetched instead, so that the error can list them.
///
/// # Errors
/// When a request fails. A block or variable that does not exist is an error when the template is rendered.
pub async fn fetch(client: &Client, template: &Template) -> Result<Resolved, ProfilesError> {
    let mut resolved = Resolved::new();
    for wanted in template.sources() {
        resolved = fetch_one(client, wanted, resolved)
            .await
            .map_err(|source| ProfilesError::Fetch {
                wanted: wanted.clone(),
                source: Box::new(source),
            })?;
    }
    Ok(resolved)
}

async fn fetch_one(
    client: &Client,
    wanted: &Source,
    mut resolved: Resolved,
) -> Result<Resolved, Error> {
    match wanted {
        Source::Block { type_slug, name } => {
            if let Some(document) = client.read_block(type_slug, name).await? {
                let secret_fields = document.secret_fields();
                let block = Block::new(Value::Object(document.data)).secret_fields(secret_fields);
                return Ok(resolved.block(type_slug, name, block));
            }
            for sibling in client.read_block_names(type_slug).await? {
                resolved = resolved.known_block(type_slug, sibling);
            }
        }
        Source::Variable { name } => {
            if let Some(variable) = client.read_variable(name).await? {
                return Ok(resolved.variable(name, variable.value));
            }
            for sibling in client.read_variable_names().await? {
                resolved = resolved.known_variable(sibling);
            }
        }
    }
    Ok(resolved)
}
