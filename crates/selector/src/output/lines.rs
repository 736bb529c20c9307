//! The lines of `dbt ls`, as a selector or as a name.

use std::borrow::Cow;

use dbt_manifest::{Node, ResourceType};

/// The text by which `dbt ls` shows a node and that selects it (`--output selector`).
#[must_use]
pub fn selector_line(node: &Node) -> String {
    use ResourceType::{Exposure, Metric, SavedQuery, SemanticModel, Source, UnitTest};
    let package = &node.package_name;
    match node.resource_type {
        Source => format!("source:{package}.{}", table(node)),
        Exposure | Metric | SavedQuery | SemanticModel => {
            format!("{}:{package}.{}", node.resource_type.as_str(), node.name)
        }
        UnitTest => match version(node) {
            Some(version) => format!("unit_test:{package}.{}_v{version}", node.name),
            None => format!("unit_test:{package}.{}", node.name),
        },
        _ => {
            let parts: Vec<&str> = node.fqn.iter().map(|part| &**part).collect();
            parts.join(".")
        }
    }
}

/// The name of a node, with its version or its source's name (`--output name`).
#[must_use]
pub fn name_line(node: &Node) -> Cow<'_, str> {
    match (&node.resource_type, version(node)) {
        (ResourceType::Source, _) => table(node).into(),
        (ResourceType::Model, Some(version)) => format!("{}.v{version}", node.name).into(),
        _ => Cow::Borrowed(&node.name),
    }
}

fn table(node: &Node) -> String {
    format!(
        "{}.{}",
        node.source_name.as_deref().unwrap_or_default(),
        node.name
    )
}

fn version(node: &Node) -> Option<String> {
    node.version.as_ref().and_then(crate::methods::python_text)
}
