//! What kinds of nodes there are, for the graph.

use dbt_manifest::{Collection, Node, ResourceType};

use crate::dialect::Dialect;

/// Whether the manifest lists the node under its key `nodes`.
pub(crate) fn is_in_nodes(node: &Node) -> bool {
    node.collection == Collection::Nodes
}

/// Whether dbt's command line can select the node. All that is enabled can be, and exposures whatever they say; before dbt 1.9
/// nodes without code could not.
pub(super) fn is_member(node: &Node, dialect: Dialect) -> bool {
    let is_enabled = node.config.enabled || node.resource_type == ResourceType::Exposure;
    is_enabled && (dialect >= Dialect::V1_9 || !is_without_code(node))
}

/// Whether the node's code is blank. Seeds have none to begin with.
pub(crate) fn is_without_code(node: &Node) -> bool {
    is_in_nodes(node)
        && node.resource_type != ResourceType::Seed
        && node.raw_code().unwrap_or_default().trim().is_empty()
}

/// Whether the node is selected along with the nodes that it tests.
pub(super) fn is_test(node: &Node) -> bool {
    matches!(
        node.resource_type,
        ResourceType::Test | ResourceType::UnitTest
    )
}

/// Whether dbt follows what the node says it depends on.
pub(super) fn has_parents(node: &Node) -> bool {
    !matches!(
        node.resource_type,
        ResourceType::Source | ResourceType::Seed
    )
}
