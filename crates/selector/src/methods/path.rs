//! `path:` and `file:` match the file that defines a node.

use std::collections::{HashMap, HashSet};

use crate::dialect::Dialect;
use crate::files::ProjectFiles;
use crate::fnmatch::Pattern;
use crate::glob::{GlobError, glob};
use crate::graph::{SelectionGraph, patch_path};
use crate::set::NodeSet;

/// Nodes that are defined or described in a matching file, or defined in or below a matching directory.
///
/// dbt searches the file system. Without a listing of it, the files that the manifest names are used.
pub(super) fn path(
    text: &str,
    graph: &SelectionGraph<'_>,
    files: Option<&dyn ProjectFiles>,
) -> Result<NodeSet, GlobError> {
    let found: HashSet<String> = glob(text, files.unwrap_or_else(|| graph.files()))?
        .into_iter()
        .collect();
    // Many nodes have the same directory.
    let mut directories: HashMap<&str, bool> = HashMap::new();
    Ok(graph.matching_any(|node| {
        let file = &*node.original_file_path;
        found.contains(file)
            || patch_path(node).is_some_and(|patch| found.contains(patch))
            || *directories
                .entry(parent(file))
                .or_insert_with(|| upwards(parent(file)).any(|path| found.contains(path)))
    }))
}

/// The directory of a path; empty for the root of the project.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// A directory and its ancestors up to the root of the project.
fn upwards(directory: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(directory), |path| {
        (!path.is_empty()).then(|| parent(path))
    })
}

/// Nodes that are defined in a file with a matching name: with suffix or, since dbt 1.6, without.
pub(super) fn file(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let pattern = Pattern::new(text);
    let knows_stems = graph.dialect() >= Dialect::V1_6;
    graph.matching_any(|node| {
        let name = node
            .original_file_path
            .rsplit('/')
            .next()
            .unwrap_or_default();
        pattern.matches(name) || knows_stems && pattern.matches(stem(name))
    })
}

/// A file name without its last suffix. A dot at the start or the end begins no suffix.
fn stem(name: &str) -> &str {
    match name.rfind('.') {
        Some(dot) if dot > 0 && dot + 1 < name.len() => &name[..dot],
        _ => name,
    }
}
