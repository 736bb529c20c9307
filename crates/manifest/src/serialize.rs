//! Nodes as JSON, and as the input of any other serializer.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::config::Config;
use crate::fields::Fields;
use crate::ids::{Collection, ResourceType, UniqueId};
use crate::node::Node;

/// The whole node as dbt wrote it, with the fields that this crate does not know.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.fields().serialize(serializer)
    }
}

/// A map in the order of the file. The values are parsed, so that every format can hold them.
impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.iter().len()))?;
        for (key, _) in self.iter() {
            map.serialize_entry(key, &self.value(key))?;
        }
        map.end()
    }
}

/// All keys and values.
impl Serialize for Config {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values().serialize(serializer)
    }
}

impl Serialize for UniqueId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// dbt's name of the kind.
impl Serialize for ResourceType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The key in manifest.json.
impl Serialize for Collection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
