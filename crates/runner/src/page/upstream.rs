//! The graph of the nodes of a run.

use std::collections::{BTreeSet, HashMap};

/// Which node of a run depends on which.
pub(super) struct Upstream {
    /// The nodes that each node depends on.
    parents: Vec<Vec<usize>>,
    /// The nodes that depend on each node.
    children: Vec<Vec<usize>>,
}

impl Upstream {
    /// The graph of nodes with these ids and these upstream nodes. What is not among the nodes is left out.
    pub(super) fn new(ids: &[&str], upstream: &[Vec<String>]) -> Self {
        let places: HashMap<&str, usize> =
            ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let parents: Vec<Vec<usize>> = upstream
            .iter()
            .map(|above| {
                above
                    .iter()
                    .filter_map(|id| places.get(id.as_str()).copied())
                    .collect()
            })
            .collect();
        let mut children = vec![Vec::new(); ids.len()];
        for (node, above) in parents.iter().enumerate() {
            above
                .iter()
                .for_each(|&parent: &usize| children[parent].push(node));
        }
        Self { parents, children }
    }

    /// The nodes below one that can be reached through nodes for which `passes` is true, in order.
    pub(super) fn below(&self, node: usize, passes: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            for &child in &self.children[at] {
                if passes(child) && found.insert(child) {
                    open.push(child);
                }
            }
        }
        found.into_iter().collect()
    }

    /// The critical path: the node that ended last, before it the one that it waited for
    /// longest, and so on. `ends` is when each node ended; a node without a time is on no chain.
    pub(super) fn last_chain(&self, ends: &[Option<f64>]) -> Vec<usize> {
        let latest = |nodes: &mut dyn Iterator<Item = usize>| {
            let timed = nodes.filter_map(|node| Some((node, ends[node]?)));
            let latest = timed.max_by(|a, b| a.1.total_cmp(&b.1));
            latest.map(|(node, _)| node)
        };
        let mut chain = Vec::new();
        let mut at = latest(&mut (0..ends.len()));
        while let Some(node) = at.filter(|_| chain.len() < ends.len()) {
            chain.push(node);
            at = latest(&mut self.parents[node].iter().copied());
        }
        chain.reverse();
        chain
    }
}
