//! Whether a node can run a second time without doing its work twice.

use dbt_manifest::{Manifest, Node};
use serde::Deserialize;
use serde_json::Value;

/// Incremental strategies that replace rows by their key in one transaction or one statement, by adapter type. The first one
/// is that of a model with a key and without a strategy.
///
/// Sources: the macros `get_incremental_*_sql` and `incremental_validate_strategy` of each adapter. What is not here may leave
/// half of its work: `append` and `microbatch`, and `insert_overwrite` and `delete+insert` where they are several statements.
const ATOMIC: &[(&str, &[&str])] = &[
    ("postgres", &["delete+insert", "merge"]),
    ("redshift", &["delete+insert", "merge"]),
    ("duckdb", &["delete+insert", "merge"]),
    ("snowflake", &["merge", "delete+insert"]),
    ("bigquery", &["merge"]),
    ("databricks", &["merge"]),
];

/// Whether a node can be repeated, and what its project says about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CanRepeat {
    /// Whether a second run of the node gives the same as a first one.
    pub(super) is_safe: bool,
    /// `meta.prefect.retry`: whether every error of the node counts as transient, or none.
    pub(super) retry: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Configured {
    meta: Value,
    incremental_strategy: Value,
    unique_key: Value,
    #[serde(rename = "pre-hook")]
    pre_hook: Value,
    #[serde(rename = "post-hook")]
    post_hook: Value,
}

impl CanRepeat {
    /// A command that has not begun to run nodes.
    pub(crate) const COMMAND: Self = Self {
        is_safe: true,
        retry: None,
    };

    /// Whether a node of a project with this adapter type can be repeated.
    pub(crate) fn of(node: &Node, adapter: &str) -> Self {
        // Not by `Config::get`, which would keep the configuration of every node in memory.
        let config: Configured = serde_json::from_str(node.config.as_json()).unwrap_or_default();
        let is_safe = match node.resource_type.as_str() {
            "test" | "unit_test" | "seed" => true,
            "snapshot" => strategies(adapter).is_some(),
            "model" => is_safe_model(node, &config, adapter),
            _ => false,
        };
        let retry = match &config.meta["prefect"]["retry"] {
            Value::Bool(retry) => Some(*retry),
            Value::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        let hooks = [&config.pre_hook, &config.post_hook];
        Self {
            is_safe: is_safe
                && hooks
                    .into_iter()
                    .all(|hooks| are_rolled_back(hooks, adapter)),
            retry,
        }
    }
}

fn is_safe_model(node: &Node, config: &Configured, adapter: &str) -> bool {
    match node.config.materialized.as_deref() {
        Some("view" | "table") => true,
        Some("incremental") => {
            let has_key = match &config.unique_key {
                Value::Null => false,
                Value::String(key) => !key.is_empty(),
                Value::Array(keys) => !keys.is_empty(),
                _ => true,
            };
            let strategies = strategies(adapter).filter(|_| has_key);
            match &config.incremental_strategy {
                Value::Null => strategies.is_some(),
                Value::String(chosen) => strategies
                    .is_some_and(|known| chosen == "default" || known.contains(&chosen.as_str())),
                _ => false,
            }
        }
        _ => false,
    }
}

fn strategies(adapter: &str) -> Option<&'static [&'static str]> {
    let known = ATOMIC.iter().find(|(name, _)| *name == adapter);
    known.map(|(_, strategies)| *strategies)
}

/// Whether a failure undoes the SQL hooks of a node. Only these adapters run hooks in the transaction of the node.
fn are_rolled_back(hooks: &Value, adapter: &str) -> bool {
    let Value::Array(hooks) = hooks else {
        return hooks.is_null();
    };
    let is_transactional = matches!(adapter, "postgres" | "redshift" | "duckdb");
    let in_transaction = |hook: &Value| hook["transaction"].as_bool().unwrap_or(true);
    hooks.is_empty() || (is_transactional && hooks.iter().all(in_transaction))
}

/// Whether a project or one of its packages has SQL hooks around its runs, which a second dbt would run again.
pub(crate) fn has_run_hooks(manifest: &Manifest) -> bool {
    let mut nodes = manifest.iter();
    nodes.any(|node| node.resource_type.as_str() == "operation")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: &str, adapter: &str, config: Value) -> CanRepeat {
        let id = format!("{kind}.p.a");
        let node = json!({ "unique_id": id, "resource_type": kind, "name": "a", "package_name": "p", "path": "",
            "original_file_path": "", "fqn": ["p", "a"], "config": config, "depends_on": {"nodes": []} });
        let schema = "https://schemas.getdbt.com/dbt/manifest/v12.json";
        let text = json!({ "metadata": {"dbt_schema_version": schema}, "nodes": { &id: node } });
        let manifest = Manifest::from_slice(text.to_string().as_bytes()).expect("a manifest");
        CanRepeat::of(manifest.get(&id).expect("the node"), adapter)
    }

    fn is_safe(kind: &str, adapter: &str, config: Value) -> bool {
        of(kind, adapter, config).is_safe
    }

    #[test]
    fn what_replaces_its_result_is_safe() {
        for (kind, config) in [
            ("model", json!({"materialized": "view"})),
            (
                "model",
                json!({"materialized": "table", "pre-hook": [], "post-hook": []}),
            ),
            ("seed", json!({"materialized": "seed"})),
            ("test", json!({"materialized": "test"})),
            ("unit_test", json!({})),
            ("snapshot", json!({"materialized": "snapshot"})),
        ] {
            assert!(is_safe(kind, "duckdb", config.clone()), "{kind} {config}");
        }
    }

    #[test]
    fn what_adds_to_its_result_or_is_not_known_is_not() {
        for (kind, config) in [
            ("operation", json!({})),
            ("function", json!({})),
            ("model", json!({"materialized": "my_own"})),
            ("model", json!({"materialized": "materialized_view"})),
            ("model", json!({})),
        ] {
            assert!(
                !is_safe(kind, "postgres", config.clone()),
                "{kind} {config}"
            );
        }
        assert!(!is_safe("snapshot", "trino", json!({})));
    }

    #[test]
    fn an_incremental_model_is_safe_only_if_it_replaces_rows_by_key_at_once() {
        let model = |adapter, strategy: Value, key: Value| {
            let config = json!({"materialized": "incremental", "incremental_strategy": strategy, "unique_key": key});
            is_safe("model", adapter, config)
        };
        assert!(model("postgres", json!(null), json!("id")));
        assert!(model("snowflake", json!("merge"), json!(["a", "b"])));
        assert!(!model("postgres", json!(null), json!(null)));
        assert!(!model("postgres", json!("append"), json!("id")));
        assert!(!model("postgres", json!("microbatch"), json!("id")));
        assert!(!model("postgres", json!("merge"), json!([])));
        assert!(!model("bigquery", json!("insert_overwrite"), json!("id")));
        assert!(!model("trino", json!("merge"), json!("id")));
    }

    #[test]
    fn hooks_must_be_in_the_transaction_of_the_node() {
        let model = |adapter, hook: Value| {
            let config = json!({"materialized": "table", "pre-hook": [], "post-hook": [hook]});
            is_safe("model", adapter, config)
        };
        let inside = json!({"sql": "insert into log select 1", "transaction": true, "index": null});
        let outside = json!({"sql": "vacuum", "transaction": false, "index": null});
        assert!(model("postgres", inside.clone()));
        assert!(!model("postgres", outside));
        assert!(!model("snowflake", inside));
        assert!(!is_safe(
            "model",
            "postgres",
            json!({"materialized": "table", "pre-hook": "vacuum"})
        ));
    }

    #[test]
    fn the_project_has_a_word() {
        let retry = |value: Value| {
            let meta = json!({"prefect": {"retry": value}});
            of(
                "model",
                "duckdb",
                json!({"materialized": "view", "meta": meta}),
            )
            .retry
        };
        assert_eq!(retry(json!(true)), Some(true));
        assert_eq!(retry(json!("False")), Some(false));
        assert_eq!(retry(json!(3)), None);
    }
}
