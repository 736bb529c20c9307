//! The files of the project, as far as the manifest names them.

use std::collections::BTreeSet;

use dbt_manifest::Node;

use super::SelectionGraph;
use crate::files::Listing;

impl SelectionGraph<'_> {
    /// The files of the root project in which a node is defined or described, and their directories.
    pub(crate) fn files(&self) -> &Listing {
        self.files.get_or_init(|| {
            let project = self.manifest.metadata().project_name.as_deref();
            let is_own =
                |node: &&&Node| project.is_none_or(|project| *node.package_name == *project);
            let files = self
                .nodes
                .iter()
                .filter(is_own)
                .flat_map(|node| [Some(&*node.original_file_path), patch_path(node)]);
            Listing::new([] as [&str; 0], files.flatten().collect::<BTreeSet<_>>())
        })
    }
}

/// The YAML file that describes a node, relative to its package.
pub(crate) fn patch_path(node: &Node) -> Option<&str> {
    let (_package, path) = node.patch_path.as_deref()?.split_once("://")?;
    Some(path)
}
