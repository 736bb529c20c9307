//! The relatives of a node: a view of the graph for programs that only want to follow it.

use dbt_manifest::Node;
use petgraph::Direction;

use super::SelectionGraph;
use crate::ast::Depth;
use crate::set::NodeSet;

/// The relatives of one node, sorted by unique id. The edges are those that the graph operators of selections follow. A unique
/// id that the manifest does not contain has no relatives.
///
/// ```
/// # use dbt_manifest::Manifest;
/// # use dbt_selector::SelectionGraph;
/// # let manifest = Manifest::from_slice(br#"{
/// #     "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
/// #     "nodes": {
/// #         "model.shop.a": {"resource_type": "model", "raw_code": "x"},
/// #         "model.shop.b": {"resource_type": "model", "raw_code": "x", "depends_on": {"nodes": ["model.shop.a"]}},
/// #         "model.shop.c": {"resource_type": "model", "raw_code": "x", "depends_on": {"nodes": ["model.shop.b"]}}
/// #     }
/// # }"#)?;
/// // a <- b <- c
/// let graph = SelectionGraph::new(&manifest);
/// let ids = |nodes: Vec<&dbt_manifest::Node>| -> Vec<String> {
///     nodes.iter().map(|node| node.unique_id.to_string()).collect()
/// };
/// assert_eq!(ids(graph.parents("model.shop.c")), ["model.shop.b"]);
/// assert_eq!(ids(graph.ancestors("model.shop.c")), ["model.shop.a", "model.shop.b"]);
/// assert_eq!(ids(graph.children("model.shop.a")), ["model.shop.b"]);
/// assert_eq!(ids(graph.descendants("model.shop.a")), ["model.shop.b", "model.shop.c"]);
/// # Ok::<(), dbt_manifest::Error>(())
/// ```
impl<'m> SelectionGraph<'m> {
    /// The nodes that the node depends on directly.
    pub fn parents(&self, unique_id: &str) -> Vec<&'m Node> {
        self.relatives(unique_id, Depth::Layers(1), Direction::Incoming)
    }

    /// The nodes that depend on the node directly.
    pub fn children(&self, unique_id: &str) -> Vec<&'m Node> {
        self.relatives(unique_id, Depth::Layers(1), Direction::Outgoing)
    }

    /// The nodes that the node depends on, directly or through others.
    pub fn ancestors(&self, unique_id: &str) -> Vec<&'m Node> {
        self.relatives(unique_id, Depth::Unlimited, Direction::Incoming)
    }

    /// The nodes that depend on the node, directly or through others.
    pub fn descendants(&self, unique_id: &str) -> Vec<&'m Node> {
        self.relatives(unique_id, Depth::Unlimited, Direction::Outgoing)
    }

    fn relatives(&self, unique_id: &str, depth: Depth, direction: Direction) -> Vec<&'m Node> {
        let Some(node) = self.index(unique_id) else {
            return Vec::new();
        };
        let mut itself = NodeSet::empty(self.len());
        itself.insert(node);
        let reached = self.walk(&itself, depth, direction).without(&itself);
        reached.iter().map(|found| self.node(found)).collect()
    }
}
