//! Decides whether a node is unchanged. Each kind is compared as in dbt's node classes.

use std::collections::BTreeSet;

use dbt_manifest::{Collection, ResourceType};
use serde_json::{Map, Value};

use super::pair::{Pair, alike};
use crate::methods::python::{equal, is_truthy};

/// The configuration keys of tests that are compared.
const TEST_KEYS: [&str; 8] = [
    "severity",
    "where",
    "limit",
    "fail_calc",
    "warn_if",
    "error_if",
    "store_failures",
    "store_failures_as",
];

/// The configuration keys of other nodes that are not compared here; most of them are part of the relation.
const NODE_EXCEPTIONS: [&str; 5] = ["alias", "schema", "database", "tags", "group"];

impl Pair<'_> {
    /// Whether the node is unchanged, without its macros and its contract.
    pub(super) fn same_contents(&self) -> bool {
        match self.new.collection {
            Collection::Sources => {
                let rest = ["quoting", "freshness", "loaded_at_field", "external"];
                self.same_relation() && self.same_fqn() && self.same_config() && self.same(&rest)
            }
            Collection::Exposures => {
                let rest = ["type", "owner", "maturity", "url", "label"];
                self.same_fqn()
                    && self.same(&rest)
                    && self.same_text("description")
                    && self.same_config()
                    && self.same_parents()
            }
            Collection::Metrics => {
                self.same(&["type", "label"]) && self.same_text("description") && self.same_config()
            }
            Collection::SemanticModels => {
                let rest = [
                    "defaults",
                    "entities",
                    "dimensions",
                    "measures",
                    "primary_entity",
                    "group",
                ];
                self.same(&["model"])
                    && self.same_text("description")
                    && self.same(&rest)
                    && self.same_config()
            }
            Collection::SavedQueries => {
                self.same_query()
                    && self.same(&["label", "group", "tags"])
                    && self.same_text("description")
                    && self.same_config()
            }
            Collection::UnitTests => self.same(&["checksum"]),
            _ if self.new.is_generic_test() => self.same_config() && self.same_fqn(),
            _ => self.same_node(),
        }
    }

    fn same_node(&self) -> bool {
        let rest = match self.new.resource_type {
            ResourceType::Model => {
                self.same(&["latest_version", "deprecation_date"]) && self.same_access()
            }
            ResourceType::Function => self.same(&["arguments", "returns"]),
            _ => true,
        };
        rest && self.same_body()
            && self.same_config()
            && self.same_persisted_descriptions()
            && self.same_fqn()
            && self.same_relation()
    }

    fn same_fqn(&self) -> bool {
        self.new.fqn == self.old.fqn
    }

    fn same_access(&self) -> bool {
        let [new, old] =
            [self.new, self.old].map(|node| node.access.as_deref().unwrap_or("protected"));
        new == old
    }

    fn same_parents(&self) -> bool {
        let [new, old] =
            [self.new, self.old].map(|node| node.depends_on_nodes().collect::<BTreeSet<_>>());
        new == old
    }

    /// The code; for a seed, the checksum of its file (above 1 MiB, dbt stores the path instead).
    pub(super) fn same_body(&self) -> bool {
        if self.new.resource_type != ResourceType::Seed {
            return self.same_text("raw_code");
        }
        let [new, old] = self.mappings("checksum");
        new.get("name") != Some(&Value::from("none")) && new == old
    }

    /// The configuration before rendering; in the semantic layer, after it.
    pub(super) fn same_config(&self) -> bool {
        let [new, old] = self.mappings("unrendered_config");
        let all_but = |exceptions: &[&str]| {
            let mut keys = new
                .keys()
                .chain(old.keys())
                .filter(|key| !exceptions.contains(&key.as_str()));
            keys.all(|key| same_key(&new, &old, key))
        };
        match self.new.collection {
            Collection::SemanticModels | Collection::SavedQueries => self.same(&["config"]),
            Collection::Sources | Collection::Exposures => all_but(&[]),
            Collection::Metrics => all_but(&["group"]),
            _ if self.new.resource_type == ResourceType::Test => {
                TEST_KEYS.iter().all(|key| same_key(&new, &old, key))
            }
            _ => all_but(&NODE_EXCEPTIONS),
        }
    }

    /// The relation. dbt compares the configured names for nodes, and the final names for sources.
    pub(super) fn same_relation(&self) -> bool {
        if self.new.collection == Collection::Sources {
            return match self.compares_unrendered {
                true => self.same(&["unrendered_database", "unrendered_schema", "identifier"]),
                false => self.same(&["database", "schema", "identifier"]),
            };
        }
        let [new, old] = self.mappings("unrendered_config");
        ["database", "schema", "alias"].into_iter().all(|key| {
            let [new, old] = [&new, &old].map(|config| config.get(key).unwrap_or(&Value::Null));
            equal(new, old)
        })
    }

    /// The descriptions that dbt writes to the database.
    pub(super) fn same_persisted_descriptions(&self) -> bool {
        let persists = |what| {
            let docs = self.new.config.get("persist_docs");
            docs.and_then(|docs| docs.get(what)).is_some_and(is_truthy)
        };
        let descriptions = |columns: Map<String, Value>| -> Vec<(String, String)> {
            let text = |column: &Value| {
                column
                    .get("description")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let mut all: Vec<_> = columns
                .iter()
                .map(|(name, column)| (name.clone(), text(column)))
                .collect();
            all.sort();
            all
        };
        let same_columns = || {
            let [new, old] = self.mappings("columns").map(descriptions);
            new == old
        };
        (!persists("relation") || self.same_text("description"))
            && (!persists("columns") || same_columns())
    }

    fn same_query(&self) -> bool {
        let [new, old] = self.values("query_params");
        let same_params = ["metrics", "group_by", "where"]
            .into_iter()
            .all(|key| alike(&new[key], &old[key]));
        let [new, old] = self.values("exports").map(|exports| match exports {
            Value::Array(exports) => exports,
            _ => Vec::new(),
        });
        let same_export = |(new, old): (&Value, &Value)| {
            let written = ["export_as", "schema", "alias"];
            new["name"] == old["name"]
                && written.iter().all(|key| {
                    alike(
                        &new["unrendered_config"][key],
                        &old["unrendered_config"][key],
                    )
                })
        };
        same_params && new.len() == old.len() && new.iter().zip(&old).all(same_export)
    }
}

/// Whether a key has the same value in both configurations. A key that only one has is a difference, even if it is null.
fn same_key(new: &Map<String, Value>, old: &Map<String, Value>, key: &str) -> bool {
    match (new.get(key), old.get(key)) {
        (Some(new), Some(old)) => equal(new, old),
        (None, None) => true,
        _ => false,
    }
}
