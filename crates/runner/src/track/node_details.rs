//! What a node is: its type, name, package, materialization and tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use dbt_events::NodeInfo;
use dbt_manifest::Node;

use crate::heal::CanRepeat;

/// What a node is, from the manifest, else from its events, else from its unique_id.
#[derive(Debug, Clone, Default)]
pub(super) struct NodeDetails {
    pub(super) unique_id: Arc<str>,
    pub(super) resource_type: Arc<str>,
    pub(super) name: Arc<str>,
    /// Name for the task run, where the node shares its own with another.
    pub(super) distinct_name: Option<Arc<str>>,
    pub(super) package: Arc<str>,
    pub(super) materialized: Arc<str>,
    pub(super) tags: Vec<Arc<str>>,
    /// Whether the manifest says that the model is a microbatch model.
    pub(super) is_microbatch: bool,
    /// Whether the node can run again in the same attempt.
    pub(super) can_repeat: CanRepeat,
}

impl NodeDetails {
    /// Takes over what the manifest says of a node.
    pub(super) fn of_manifest(node: &Node) -> Self {
        let materialized = node.config.materialized.clone().unwrap_or_default();
        let strategy = node.config.get("incremental_strategy");
        let is_microbatch = &*materialized == "incremental"
            && strategy.and_then(|value| value.as_str()) == Some("microbatch");
        Self {
            unique_id: Arc::from(node.unique_id.as_str()),
            resource_type: Arc::from(node.resource_type.as_str()),
            name: node.name.clone(),
            distinct_name: None,
            package: node.package_name.clone(),
            materialized,
            tags: node.tags.clone(),
            is_microbatch,
            can_repeat: CanRepeat::default(),
        }
    }

    /// Reads a unique_id: `<type>.<package>.<name>...`.
    pub(super) fn of_id(unique_id: &str) -> Self {
        let mut parts = unique_id.splitn(3, '.');
        let mut part = || Arc::from(parts.next().unwrap_or_default());
        let (resource_type, package, rest) = (part(), part(), part());
        let name: &str = match &*resource_type {
            // A test has a hash after its name, a unit test its model before it.
            "test" => rest.split('.').next().unwrap_or_default(),
            "unit_test" | "source" => rest.rsplit('.').next().unwrap_or_default(),
            _ => &rest,
        };
        let name = Arc::from(if name.is_empty() { unique_id } else { name });
        Self {
            unique_id: Arc::from(unique_id),
            resource_type,
            name,
            package,
            ..Self::default()
        }
    }

    /// Takes over what an event says of the node. Its name wins over the manifest's, since dbt shows that one.
    pub(super) fn update(&mut self, info: &NodeInfo<'_>) {
        for (known, new) in [
            (&mut self.resource_type, &info.resource_type),
            (&mut self.name, &info.node_name),
            (&mut self.materialized, &info.materialized),
        ] {
            if let Some(new) = new.non_empty().filter(|new| **new != **known) {
                *known = Arc::from(new);
            }
        }
    }

    pub(super) fn is_ephemeral(&self) -> bool {
        &*self.materialized == "ephemeral"
    }

    /// Whether the node is an on-run-start or on-run-end hook.
    pub(super) fn is_hook(&self) -> bool {
        &*self.resource_type == "operation"
    }

    pub(super) fn is_source(&self) -> bool {
        &*self.resource_type == "source"
    }

    pub(super) fn is_unit_test(&self) -> bool {
        &*self.resource_type == "unit_test"
    }

    pub(super) fn is_test(&self) -> bool {
        matches!(&*self.resource_type, "test" | "unit_test")
    }

    /// Name of the task run.
    pub(super) fn task_name(&self) -> String {
        let name = self.distinct_name.as_ref().unwrap_or(&self.name);
        format!("{} {name}", self.resource_type)
    }

    /// Labels of the task run's events.
    pub(super) fn labels(&self, status: Option<&str>) -> BTreeMap<String, String> {
        let tags = self.tags.join(",");
        [
            ("dbt.unique_id", Some(&*self.unique_id)),
            ("dbt.resource_type", Some(&*self.resource_type)),
            ("dbt.package", Some(&*self.package)),
            ("dbt.materialized", Some(&*self.materialized)),
            ("dbt.tags", Some(&*tags)),
            ("dbt.status", status),
        ]
        .into_iter()
        .filter_map(|(key, value)| {
            Some((
                key.to_owned(),
                value.filter(|value| !value.is_empty())?.to_owned(),
            ))
        })
        .collect()
    }
}
