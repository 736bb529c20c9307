//! The nodes of a run and their dependencies.

use std::{collections::HashMap, sync::Arc};

use super::node_details::NodeDetails;

/// Index of a node in the [`Lineage`].
pub(super) type NodeIndex = usize;

/// The nodes that the manifest or an event has named, and their dependencies.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    indices: HashMap<Arc<str>, NodeIndex>,
    details: Vec<NodeDetails>,
    depends_on: Vec<Vec<NodeIndex>>,
    /// The unit tests of each model.
    unit_tests: HashMap<NodeIndex, Vec<NodeIndex>>,
}

impl Lineage {
    /// The index of a node, which is added if it is new.
    pub(super) fn index_of(&mut self, unique_id: &str) -> NodeIndex {
        if let Some(&ix) = self.indices.get(unique_id) {
            return ix;
        }
        let ix = self.details.len();
        let details = NodeDetails::of_id(unique_id);
        self.indices.insert(details.unique_id.clone(), ix);
        self.details.push(details);
        self.depends_on.push(Vec::new());
        ix
    }

    /// The index of a node that is known.
    pub(super) fn find(&self, unique_id: &str) -> Option<NodeIndex> {
        self.indices.get(unique_id).copied()
    }

    /// Adds a node as the manifest describes it.
    pub(super) fn define<'a>(
        &mut self,
        details: NodeDetails,
        depends_on: impl Iterator<Item = &'a str>,
    ) {
        let ix = self.index_of(&details.unique_id);
        let upstream: Vec<NodeIndex> = depends_on.map(|id| self.index_of(id)).collect();
        if details.is_unit_test() {
            for &model in &upstream {
                self.unit_tests.entry(model).or_default().push(ix);
            }
        }
        self.details[ix] = details;
        self.depends_on[ix] = upstream;
    }

    pub(super) fn len(&self) -> usize {
        self.details.len()
    }

    pub(super) fn details(&self, ix: NodeIndex) -> &NodeDetails {
        &self.details[ix]
    }

    pub(super) fn details_mut(&mut self, ix: NodeIndex) -> &mut NodeDetails {
        &mut self.details[ix]
    }

    pub(super) fn depends_on(&self, ix: NodeIndex) -> &[NodeIndex] {
        &self.depends_on[ix]
    }

    pub(super) fn unit_tests(&self, model: NodeIndex) -> &[NodeIndex] {
        self.unit_tests.get(&model).map_or(&[], Vec::as_slice)
    }
}
