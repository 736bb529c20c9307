//! `resource_type:`, `test_type:` and `test_name:` match the kind of a node.

use dbt_manifest::{Node, ResourceType};

use crate::dialect::Dialect;
use crate::error::MethodError;
use crate::fnmatch::Pattern;
use crate::graph::{SelectionGraph, is_in_nodes};
use crate::method::{MethodName, RESOURCE_TYPES, kind_since};
use crate::set::NodeSet;

pub(super) fn resource_type(
    text: &str,
    graph: &SelectionGraph<'_>,
) -> Result<NodeSet, MethodError> {
    if !RESOURCE_TYPES.contains(&text) {
        return Err(unknown(MethodName::ResourceType, text));
    }
    let dialect = graph.dialect();
    if dialect < kind_since(text) {
        return Err(MethodError::NewValue {
            method: MethodName::ResourceType,
            value: text.to_owned(),
            dialect,
        });
    }
    let only_nodes = dialect < Dialect::V1_6;
    Ok(graph.matching_any(|node| {
        node.resource_type.as_str() == text && (!only_nodes || is_in_nodes(node))
    }))
}

/// As in dbt, the value may be a part of `data`, `singular` or `unit`, tested in this order: `test_type:n` means singular tests.
pub(super) fn test_type(text: &str, graph: &SelectionGraph<'_>) -> Result<NodeSet, MethodError> {
    let is_old = graph.dialect() < Dialect::V1_8;
    let matches: fn(&Node) -> bool = match text {
        "generic" | "schema" => Node::is_generic_test,
        // Before dbt 1.8, `data` meant `singular`, and both had to be complete.
        "data" | "singular" if is_old => is_singular_test,
        _ if is_old => return Err(unknown(MethodName::TestType, text)),
        _ if "data".contains(text) => |node| node.resource_type == ResourceType::Test,
        _ if "singular".contains(text) => is_singular_test,
        _ if "unit".contains(text) => |node| node.resource_type == ResourceType::UnitTest,
        _ => return Err(unknown(MethodName::TestType, text)),
    };
    Ok(graph.matching(matches))
}

/// Generic tests have the name of their macro, without package; unit tests have their own name.
pub(super) fn test_name(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let pattern = Pattern::new(text);
    graph.matching(|node| match &node.test_metadata {
        Some(test) if node.is_generic_test() => pattern.matches(&test.name),
        _ => node.resource_type == ResourceType::UnitTest && pattern.matches(&node.name),
    })
}

fn is_singular_test(node: &Node) -> bool {
    node.resource_type == ResourceType::Test && !node.is_generic_test()
}

fn unknown(method: MethodName, value: &str) -> MethodError {
    MethodError::UnknownValue {
        method,
        value: value.to_owned(),
    }
}
