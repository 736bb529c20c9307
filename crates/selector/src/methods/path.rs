//! `path:` and `file:` — where a node is defined.

use std::collections::{HashMap, HashSet};

use crate::dialect::Dialect;
use crate::files::ProjectFiles;
use crate::fnmatch::Pattern;
use crate::glob::{GlobError, glob};
use crate::graph::{SelectionGraph, patch_path};
use crate::set::NodeSet;

/// Nodes defined or described in a file that matches, or defined anywhere below a directory that does.
///
/// dbt globs the file system. Without a listing of it, the files that the manifest names for the project stand in.
pub(super) fn path(
    text: &str,
    graph: &SelectionGraph<'_>,
    files: Option<&dyn ProjectFiles>,
) -> Result<NodeSet, GlobError> {
    let found: HashSet<String> = glob(text, files.unwrap_or_else(|| graph.files()))?
        .into_iter()
        .collect();
    // Many nodes share a directory.
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

/// The directory that a path is in; the project's own is empty.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// A directory, and those around it up to the project's own.
fn upwards(directory: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(directory), |path| {
        (!path.is_empty()).then(|| parent(path))
    })
}

/// Nodes defined in a file of a name that matches, with its suffix or (since dbt 1.6) without.
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

/// A file name without its last suffix. A dot at either end begins none.
fn stem(name: &str) -> &str {
    match name.rfind('.') {
        Some(dot) if dot > 0 && dot + 1 < name.len() => &name[..dot],
        _ => name,
    }
}
