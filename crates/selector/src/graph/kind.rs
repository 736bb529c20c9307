//! The properties of nodes that decide about their place in the graph.

use dbt_manifest::{Collection, Node, ResourceType};

/// Whether the manifest lists the node under the key `nodes`.
pub(crate) fn is_in_nodes(node: &Node) -> bool {
    node.collection == Collection::Nodes
}

/// Whether the node can be selected: it is enabled, or an exposure. Before dbt 1.9, commands that run nodes could not select
/// those without code, while `ls` lists them; here they are selected, and the command runs none of them.
pub(super) fn is_member(node: &Node) -> bool {
    node.config.enabled || node.resource_type == ResourceType::Exposure
}

/// Whether the node's code is blank. Seeds never have code, and do not count.
pub(crate) fn is_without_code(node: &Node) -> bool {
    is_in_nodes(node) && node.resource_type != ResourceType::Seed && node.code_size == 0
}

/// Whether the node is a test, which is selected together with the nodes that it tests.
pub(super) fn is_test(node: &Node) -> bool {
    matches!(
        node.resource_type,
        ResourceType::Test | ResourceType::UnitTest
    )
}

/// Whether dbt uses the node's dependencies.
pub(super) fn has_parents(node: &Node) -> bool {
    !matches!(
        node.resource_type,
        ResourceType::Source | ResourceType::Seed
    )
}
