//! `tag:`, `group:`, `access:` and `package:` match one label of a node.

use dbt_manifest::{Node, ResourceType};

use crate::dialect::Dialect;
use crate::fnmatch::Pattern;
use crate::graph::{SelectionGraph, is_in_nodes};
use crate::set::NodeSet;

/// Nodes with a matching tag. Only for unit tests, the tags under `config` count.
pub(super) fn tag(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let pattern = Pattern::new(text);
    graph.matching_any(|node| tags(node).any(|tag| pattern.matches(tag)))
}

/// Nodes and metrics with a matching group.
pub(super) fn group(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let pattern = Pattern::new(text);
    let has_wildcards = graph.dialect() >= Dialect::V1_8;
    graph.matching(|node| {
        let group = match is_in_nodes(node) || node.resource_type == ResourceType::Metric {
            true => node.config.group.as_deref().unwrap_or_default(),
            false => "",
        };
        !group.is_empty()
            && if has_wildcards {
                pattern.matches(group)
            } else {
                text == group
            }
    })
}

/// Models with exactly this access level.
pub(super) fn access(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    graph.matching(|node| {
        node.resource_type == ResourceType::Model
            && node.access.as_deref().unwrap_or("protected") == text
    })
}

/// Nodes of a matching package. `this` is the root project, since dbt 1.8.
pub(super) fn package(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let project = graph.manifest().metadata().project_name.as_deref();
    let project = project.filter(|_| graph.dialect() >= Dialect::V1_8);
    let pattern = Pattern::new(match (text, project) {
        ("this", Some(project)) => project,
        _ => text,
    });
    graph.matching_any(|node| pattern.matches(&node.package_name))
}

fn tags(node: &Node) -> impl Iterator<Item = &str> {
    let tags = match node.resource_type {
        ResourceType::UnitTest => &node.config.tags,
        _ => &node.tags,
    };
    tags.iter().map(|tag| &**tag)
}
