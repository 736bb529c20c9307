//! `path:` and `file:` — where a node is defined.

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
    let found = glob(text, files.unwrap_or_else(|| graph.files()))?;
    Ok(graph.matching_any(|node| {
        let original = &*node.original_file_path;
        found.contains(original)
            || patch_path(node).is_some_and(|patch| found.contains(patch))
            || directories(original).any(|directory| found.contains(directory))
    }))
}

/// The directories around a file, from the nearest to the project itself.
fn directories(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/')
        .map(|(slash, _)| &path[..slash])
        .chain([""])
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
