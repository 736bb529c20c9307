//! Sets of nodes.

use fixedbitset::FixedBitSet;

/// A set of nodes of one graph, by their indices. Iterates in the order of the unique ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeSet(FixedBitSet);

impl NodeSet {
    /// The empty set, for a graph of `len` nodes.
    pub(crate) fn empty(len: usize) -> Self {
        Self(FixedBitSet::with_capacity(len))
    }

    /// The nodes below index `len` for which `keep` returns true.
    pub(crate) fn of(len: usize, keep: impl FnMut(&usize) -> bool) -> Self {
        let mut set = Self::empty(len);
        (0..len).filter(keep).for_each(|node| set.insert(node));
        set
    }

    pub(crate) fn insert(&mut self, node: usize) {
        self.0.insert(node);
    }

    /// Inserts `node`. Returns whether it was not in the set before.
    pub(crate) fn insert_new(&mut self, node: usize) -> bool {
        !self.0.put(node)
    }

    pub(crate) fn contains(&self, node: usize) -> bool {
        self.0.contains(node)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_clear()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.ones()
    }

    #[must_use]
    pub(crate) fn or(mut self, other: &Self) -> Self {
        self.0.union_with(&other.0);
        self
    }

    #[must_use]
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.0.intersect_with(&other.0);
        self
    }

    #[must_use]
    pub(crate) fn without(mut self, other: &Self) -> Self {
        self.0.difference_with(&other.0);
        self
    }

    /// Keeps the nodes for which `keep` returns true.
    #[must_use]
    pub(crate) fn filtered(&self, mut keep: impl FnMut(usize) -> bool) -> Self {
        Self::of(self.0.len(), |node| self.contains(*node) && keep(*node))
    }
}
