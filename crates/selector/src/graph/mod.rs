//! The nodes of a manifest and the edges between them.

mod build;
mod files;
mod kind;
mod relatives;
mod selection_graph;
mod walk;

pub(crate) use files::patch_path;
pub(crate) use kind::{is_in_nodes, is_without_code};
pub use selection_graph::SelectionGraph;
