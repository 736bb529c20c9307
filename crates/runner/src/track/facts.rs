//! What is known of a node apart from its run.

use std::{collections::BTreeMap, sync::Arc};

use dbt_events::NodeInfo;

/// What is known of a node apart from its run: from the manifest, else from its events, else from its unique_id.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) unique_id: Arc<str>,
    pub(super) resource_type: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) package: Arc<str>,
    pub(super) materialized: Arc<str>,
    pub(super) tags: Vec<Arc<str>>,
    /// Whether the manifest says that the model runs in batches.
    pub(super) is_microbatch: bool,
}

impl Facts {
    /// What a unique_id (`<type>.<package>.<name>...`) tells.
    pub(super) fn of_id(unique_id: &str) -> Self {
        let mut parts = unique_id.splitn(3, '.');
        let mut part = || Arc::from(parts.next().unwrap_or_default());
        let (resource_type, package, rest) = (part(), part(), part());
        let name: &str = match &*resource_type {
            // Behind the name of a test comes a hash, and before that of a unit test its model.
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

    /// Takes over what an event tells; events know names best, since they are what dbt shows.
    pub(super) fn learn(&mut self, info: &NodeInfo<'_>) {
        for (known, told) in [
            (&mut self.resource_type, &info.resource_type),
            (&mut self.name, &info.node_name),
            (&mut self.materialized, &info.materialized),
        ] {
            if let Some(told) = told.non_empty().filter(|told| **told != **known) {
                *known = Arc::from(told);
            }
        }
    }

    pub(super) fn is_ephemeral(&self) -> bool {
        &*self.materialized == "ephemeral"
    }

    /// Whether it is a SQL hook at the start or the end of the run.
    pub(super) fn is_hook(&self) -> bool {
        &*self.resource_type == "operation"
    }

    pub(super) fn is_unit_test(&self) -> bool {
        &*self.resource_type == "unit_test"
    }

    pub(super) fn is_test(&self) -> bool {
        matches!(&*self.resource_type, "test" | "unit_test")
    }

    /// Name of the task run.
    pub(super) fn task_name(&self) -> String {
        format!("{} {}", self.resource_type, self.name)
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
