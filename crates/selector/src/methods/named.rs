//! `source:`, `exposure:`, `metric:`, `semantic_model:`, `saved_query:`, `unit_test:` and `function:` match names, with or
//! without package.

use dbt_manifest::ResourceType;

use crate::error::MethodError;
use crate::fnmatch::Pattern;
use crate::graph::SelectionGraph;
use crate::method::MethodName;
use crate::set::NodeSet;

/// `source`, `source.table` or `package.source.table`.
pub(super) fn source(text: &str, graph: &SelectionGraph<'_>) -> Result<NodeSet, MethodError> {
    let patterns: Vec<Pattern> = text.split('.').map(Pattern::new).collect();
    let (package, source, table) = match patterns.as_slice() {
        [source] => (None, source, None),
        [source, table] => (None, source, Some(table)),
        [package, source, table] => (Some(package), source, Some(table)),
        _ => return Err(too_many_parts(MethodName::Source, text)),
    };
    Ok(graph.matching(|node| {
        node.resource_type == ResourceType::Source
            && source.matches(node.source_name.as_deref().unwrap_or_default())
            && table.is_none_or(|table| table.matches(&node.name))
            && package.is_none_or(|package| package.matches(&node.package_name))
    }))
}

/// `name` or `package.name`, for the one kind of node that the method matches.
pub(super) fn resolve(
    method: MethodName,
    text: &str,
    graph: &SelectionGraph<'_>,
) -> Result<NodeSet, MethodError> {
    let patterns: Vec<Pattern> = text.split('.').map(Pattern::new).collect();
    let (package, name) = match patterns.as_slice() {
        [name] => (None, name),
        [package, name] => (Some(package), name),
        _ => return Err(too_many_parts(method, text)),
    };
    // The methods have the names of the kinds.
    let kind = ResourceType::from(method.as_str());
    Ok(graph.matching(|node| {
        node.resource_type == kind
            && name.matches(&node.name)
            && package.is_none_or(|package| package.matches(&node.package_name))
    }))
}

fn too_many_parts(method: MethodName, value: &str) -> MethodError {
    MethodError::TooManyParts {
        method,
        value: value.to_owned(),
    }
}
