//! Reads the file in one pass.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::builder::Builder;
use super::entries::Entries;
use super::shapes::{GroupShape, MacroShape, MetadataShape, NodeShape};
use crate::artifact::Artifact;
use crate::error::Error;
use crate::ids::Collection;
use crate::lenient::Text;
use crate::manifest::Manifest;
use crate::non_finite;
use crate::version;

impl Manifest {
    /// Reads the text of a manifest.json, of which it makes a copy: see [`from_vec`](Self::from_vec).
    ///
    /// # Errors
    /// If the text is not JSON or not a manifest, or if its schema version is not supported.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_vec(bytes.to_vec())
    }

    /// Reads the text of a manifest.json and keeps it, without a copy.
    ///
    /// # Errors
    /// The same as [`from_slice`](Self::from_slice).
    pub fn from_vec(bytes: Vec<u8>) -> Result<Self, Error> {
        let text = utf8(bytes)?;
        read(&text).or_else(|error| {
            non_finite::read_again(error, text.as_bytes(), |bytes| read(&utf8(bytes)?))
        })
    }
}

fn utf8(bytes: Vec<u8>) -> Result<Arc<String>, Error> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Error::utf8(Artifact::Manifest, error.as_bytes(), valid)
    })?;
    Ok(Arc::new(text))
}

fn read(text: &Arc<String>) -> Result<Manifest, Error> {
    let mut builder = Builder::new(text);
    let mut json = serde_json::Deserializer::from_str(text);
    Document(&mut builder)
        .deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|error| version::explain(Artifact::Manifest, text, &error))?;
    let schema = builder.metadata.dbt_schema_version.as_deref();
    let version = version::check(Artifact::Manifest, schema)?;
    Ok(builder.finish(version))
}

/// The top-level object of the file.
struct Document<'b, 'a>(&'b mut Builder<'a>);

impl<'a> DeserializeSeed<'a> for Document<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Document<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let builder = self.0;
        while let Some(Text(key)) = map.next_key()? {
            let collection = match key.as_deref().unwrap_or_default() {
                "nodes" => Collection::Nodes,
                "sources" => Collection::Sources,
                "exposures" => Collection::Exposures,
                "metrics" => Collection::Metrics,
                "semantic_models" => Collection::SemanticModels,
                "saved_queries" => Collection::SavedQueries,
                "unit_tests" => Collection::UnitTests,
                "functions" => Collection::Functions,
                other => {
                    other_part(other, builder, &mut map)?;
                    continue;
                }
            };
            map.next_value_seed(Entries::new(|id: &str, key, shape: NodeShape<'a>| {
                builder.node(collection, id, key, &shape)
            }))?;
        }
        Ok(())
    }
}

/// Reads a value that is not a collection of nodes.
fn other_part<'a, A: MapAccess<'a>>(
    key: &str,
    builder: &mut Builder<'a>,
    map: &mut A,
) -> Result<(), A::Error> {
    match key {
        "metadata" => builder.metadata(
            map.next_value::<Option<MetadataShape<'a>>>()?
                .unwrap_or_default(),
        ),
        "macros" => map.next_value_seed(Entries::new(|id: &str, _, shape: MacroShape<'a>| {
            builder.define_macro(id, &shape);
            Ok(())
        }))?,
        "groups" => map.next_value_seed(Entries::new(|id: &str, _, shape: GroupShape<'a>| {
            builder.group(id, shape);
            Ok(())
        }))?,
        "disabled" => {
            map.next_value_seed(Entries::new(|id: &str, _, nodes: Vec<&'a RawValue>| {
                builder.disabled(id, &nodes)
            }))?
        }
        "selectors" => {
            builder.selectors = map
                .next_value::<Option<Map<String, Value>>>()?
                .unwrap_or_default()
        }
        _ => drop(map.next_value::<IgnoredAny>()?),
    }
    Ok(())
}
