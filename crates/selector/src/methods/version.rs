//! `version:` compares the version of a model with its latest version.

use std::cmp::Ordering;

use dbt_manifest::{Node, ResourceType};
use serde_json::Value;

use super::python;
use crate::error::MethodError;
use crate::graph::SelectionGraph;
use crate::method::MethodName;
use crate::set::NodeSet;

pub(super) fn resolve(text: &str, graph: &SelectionGraph<'_>) -> Result<NodeSet, MethodError> {
    let matches: fn(&Node) -> bool = match text {
        "latest" => is_latest,
        "prerelease" => |node| against_latest(node) == Some(Ordering::Greater),
        "old" => |node| against_latest(node) == Some(Ordering::Less),
        "none" => |node| node.version.is_none(),
        _ => {
            return Err(MethodError::UnknownValue {
                method: MethodName::Version,
                value: text.to_owned(),
            });
        }
    };
    Ok(graph.matching(|node| node.resource_type == ResourceType::Model && matches(node)))
}

/// Whether the version of the model is its latest version.
fn is_latest(node: &Node) -> bool {
    match (&node.version, &node.latest_version) {
        (Some(version), Some(latest)) => python::equal(version, latest),
        _ => false,
    }
}

/// Compares the version of the model with its latest version: as numbers if both are numbers, else as texts.
/// A version that is false in Python (0, or an empty text) does not count.
fn against_latest(node: &Node) -> Option<Ordering> {
    let (version, latest) = (
        truthy(node.version.as_ref()?)?,
        truthy(node.latest_version.as_ref()?)?,
    );
    match (python::float(version), python::float(latest)) {
        (Some(version), Some(latest)) => version.partial_cmp(&latest),
        _ => Some(python::text(version)?.cmp(&python::text(latest)?)),
    }
}

fn truthy(value: &Value) -> Option<&Value> {
    python::is_truthy(value).then_some(value)
}
