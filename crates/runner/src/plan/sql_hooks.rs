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

/// The SQL hooks with this tag in dbt's order: by package, those of the project itself last, and as they are listed.
pub(super) fn sql_hooks<'m>(nodes: &[&'m Node], project: Option<&str>, tag: &str) -> Vec<&'m Node> {
    let is_hook = |node: &&&Node| {
        node.resource_type == ResourceType::Operation
            && node.tags.iter().any(|found| &**found == tag)
    };
    let mut hooks: Vec<&Node> = nodes.iter().filter(is_hook).copied().collect();
    hooks.sort_by_key(|hook| {
        let is_own = Some(&*hook.package_name) == project;
        (is_own, &*hook.package_name, number(hook))
    });
    hooks
}

/// The place of a SQL hook among those of its package, which ends its unique_id.
fn number(hook: &Node) -> usize {
    let id = hook.unique_id.as_str();
    let number = id.rsplit('-').next().and_then(|number| number.parse().ok());
    number.unwrap_or(usize::MAX)
}
