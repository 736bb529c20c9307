//! The SQL hooks that run before and after the nodes of a command.

use dbt_manifest::{Node, ResourceType};
use dbt_selector::{Command, Dialect};

/// dbt's tags of the two kinds of SQL hooks.
pub(super) const ON_RUN_START: &str = "on-run-start";
/// See [`ON_RUN_START`].
pub(super) const ON_RUN_END: &str = "on-run-end";

/// Whether the command runs SQL hooks. `source freshness` does since dbt 1.10, unless the project says otherwise
/// (`with_freshness`).
pub(super) fn runs_hooks(command: Command, dialect: Dialect, with_freshness: Option<bool>) -> bool {
    match command {
        Command::Build | Command::Run | Command::Seed | Command::Snapshot | Command::Test => true,
        Command::SourceFreshness => {
            dialect >= Dialect::V1_8 && with_freshness.unwrap_or(dialect >= Dialect::V1_10)
        }
        _ => false,
    }
}

/// The SQL hooks with this tag in dbt's order: those of the project itself, then by package, and as they are listed.
pub(super) fn sql_hooks<'m>(nodes: &[&'m Node], project: Option<&str>, tag: &str) -> Vec<&'m Node> {
    let is_hook = |node: &&&Node| {
        node.resource_type == ResourceType::Operation
            && node.tags.iter().any(|found| &**found == tag)
    };
    let mut hooks: Vec<&Node> = nodes.iter().filter(is_hook).copied().collect();
    hooks.sort_by_key(|hook| {
        let is_of_package = Some(&*hook.package_name) != project;
        (is_of_package, &*hook.package_name, number(hook))
    });
    hooks
}

/// The place of a SQL hook among those of its package, which ends its unique_id.
fn number(hook: &Node) -> usize {
    let id = hook.unique_id.as_str();
    let number = id.rsplit('-').next().and_then(|number| number.parse().ok());
    number.unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use dbt_manifest::Manifest;
    use serde_json::{Map, Value, json};

    use super::*;

    #[test]
    fn hooks_of_the_project_come_first() {
        let hook = |(package, index): (&str, u32)| {
            let id = format!("operation.{package}.{package}-{ON_RUN_START}-{index}");
            let node = json!({
                "unique_id": id, "resource_type": "operation", "package_name": package, "name": id, "fqn": [package],
                "tags": [ON_RUN_START],
            });
            (id, node)
        };
        let listed = [
            ("shop", 0),
            ("shop", 2),
            ("shop", 10),
            ("alpha", 0),
            ("zeta", 0),
        ];
        let nodes: Map<String, Value> = listed.into_iter().rev().map(hook).collect();
        let version = "https://schemas.getdbt.com/dbt/manifest/v12.json";
        let manifest = json!({"metadata": {"dbt_schema_version": version}, "nodes": nodes});
        let manifest = Manifest::from_slice(manifest.to_string().as_bytes()).unwrap();
        let nodes: Vec<&Node> = manifest.iter().collect();
        let ordered = sql_hooks(&nodes, Some("shop"), ON_RUN_START);
        let ordered: Vec<String> = ordered
            .iter()
            .map(|node| node.unique_id.to_string())
            .collect();
        let expected: Vec<String> = listed.into_iter().map(|one| hook(one).0).collect();
        assert_eq!(ordered, expected);
    }
}
