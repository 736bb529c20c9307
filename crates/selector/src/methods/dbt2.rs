//! What dbt 2 matches in another way than dbt 1.12.

use dbt_manifest::{Node, ResourceType};
use serde_json::Value;

use super::python;
use crate::ast::Criterion;
use crate::context::Context;
use crate::fnmatch::Pattern;
use crate::graph::{SelectionGraph, patch_path};
use crate::method::MethodName;
use crate::set::NodeSet;

/// The nodes that a criterion matches in dbt 2; `None` where it matches as in dbt 1.12.
pub(super) fn resolve(
    criterion: &Criterion,
    graph: &SelectionGraph<'_>,
    context: &Context<'_>,
) -> Option<NodeSet> {
    let name = criterion.method.name;
    if name == MethodName::Config {
        let wanted = python::text(&criterion.value)?;
        return Some(config(&criterion.method.arguments, &wanted, graph));
    }
    let text = criterion.value.as_str()?;
    let nothing = || NodeSet::empty(graph.len());
    Some(match name {
        MethodName::Fqn => return wildcard(text, graph),
        MethodName::Path => path(text, graph),
        MethodName::Group => graph.matching(|node| node.config.group.as_deref() == Some(text)),
        MethodName::ResourceType => graph.matching_any(|node| {
            let is_relation = text == "relation" && node.resource_type != ResourceType::Test;
            is_relation || node.resource_type.as_str() == text
        }),
        MethodName::TestType => graph.matching(|node| match text {
            "unit" => node.resource_type == ResourceType::UnitTest,
            "data" => is_test(node),
            "generic" => node.is_generic_test(),
            "singular" => is_test(node) && !node.is_generic_test(),
            _ => false,
        }),
        MethodName::TestName => test_name(text, graph),
        MethodName::Version if text == "none" => graph.matching(is_without_version),
        MethodName::State if context.state.is_none() => match text.split('.').next() {
            Some("new") => graph.matching_any(|_| true),
            _ => nothing(),
        },
        MethodName::Result
            if context
                .state
                .is_none_or(|state| state.run_results.is_none()) =>
        {
            nothing()
        }
        MethodName::SourceStatus if context.state.is_none_or(|state| state.sources.is_none()) => {
            nothing()
        }
        _ => return None,
    })
}

/// A wildcard without dots is compared with the name, the unique id and the last part of the fqn, and with nothing else. Other
/// patterns match a unique id, too, and else as in dbt 1.12.
fn wildcard(text: &str, graph: &SelectionGraph<'_>) -> Option<NodeSet> {
    let has_wildcard = text.contains(['*', '?', '[', ']']);
    if text.contains('.') || !has_wildcard {
        return None;
    }
    let pattern = Pattern::new(text);
    Some(graph.matching(|node| {
        node.resource_type != ResourceType::Source
            && (pattern.matches(&node.name)
                || pattern.matches(node.unique_id.as_str())
                || node.fqn.last().is_some_and(|last| pattern.matches(last)))
    }))
}

/// The path is compared as text with the file and its directories, and with the file that describes the node. Nothing is looked
/// up on disk.
fn path(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let text = clean(text);
    if !text.contains(['*', '?', '[', ']']) {
        return graph.matching_any(|node| {
            let is_below = node
                .original_file_path
                .strip_prefix(text.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            is_below || patch_path(node) == Some(text.as_str())
        });
    }
    // `**/` stands for no directory, too.
    let patterns = [Pattern::new(&text), Pattern::new(&text.replace("**/", ""))];
    graph.matching_any(|node| {
        let file = &*node.original_file_path;
        let mut paths = std::iter::successors(Some(file), |path| {
            (!path.is_empty()).then(|| path.rsplit_once('/').map_or("", |(parent, _)| parent))
        });
        let matches = |path: &str| patterns.iter().any(|pattern| pattern.matches(path));
        paths.any(matches) || patch_path(node).is_some_and(matches)
    })
}

/// A path without `.`, `..` and empty parts; `..` at the start stays.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    match (root, parts.is_empty()) {
        ("", true) => ".".to_owned(),
        _ => format!("{root}{}", parts.join("/")),
    }
}

/// Nodes of any kind whose configuration has the value. Without a key before the colon, the value has it: `config:key:value`.
fn config(keys: &[String], wanted: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let (key, wanted) = match (keys, wanted.split_once(':')) {
        ([], Some((key, wanted))) => (vec![key.to_owned()], wanted),
        _ => (keys.to_vec(), wanted),
    };
    let Some((first, deeper)) = key.split_first() else {
        return NodeSet::empty(graph.len());
    };
    let pattern = Pattern::new(wanted);
    graph.matching_any(|node| {
        let found = node.config.get(first);
        found.is_some_and(|found| is_value(found, deeper, wanted, &pattern))
    })
}

/// Texts match by pattern, numbers as text, lists if they have such a text.
fn is_value(found: &Value, deeper: &[String], wanted: &str, pattern: &Pattern) -> bool {
    match found {
        Value::String(text) => pattern.matches(text),
        Value::Bool(flag) => wanted.eq_ignore_ascii_case(&flag.to_string()),
        Value::Number(number) => number.to_string() == wanted,
        Value::Array(items) => {
            let mut texts = items.iter().filter_map(Value::as_str);
            texts.any(|text| pattern.matches(text))
        }
        Value::Object(fields) => deeper.split_first().is_some_and(|(key, deeper)| {
            let found = fields.get(key);
            found.is_some_and(|found| is_value(found, deeper, wanted, pattern))
        }),
        Value::Null => false,
    }
}

/// Generic tests have the name of their macro; singular tests and unit tests have their own name.
fn test_name(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let pattern = Pattern::new(text);
    graph.matching(|node| match &node.test_metadata {
        Some(test) if node.is_generic_test() => pattern.matches(&test.name),
        _ => {
            let has_name = is_test(node) || node.resource_type == ResourceType::UnitTest;
            has_name && pattern.matches(&node.name)
        }
    })
}

fn is_test(node: &Node) -> bool {
    node.resource_type == ResourceType::Test
}

/// dbt 2 knows a version by the name of the file, and knows `_v1` and `_v2` only.
fn is_without_version(node: &Node) -> bool {
    let file = node
        .original_file_path
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    node.resource_type == ResourceType::Model && !stem.ends_with("_v1") && !stem.ends_with("_v2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (path, cleaned) in [
            ("./models//staging/", "models/staging"),
            ("models/../seeds", "seeds"),
            ("../models", "../models"),
            ("models/..", "."),
            ("", "."),
            ("/etc", "/etc"),
        ] {
            assert_eq!(clean(path), cleaned);
        }
    }
}
