//! In a `build`, a node also waits for the tests of what is upstream of it.
//!
//! dbt lets a node wait for every data test whose dependencies are all upstream of the node. Most of these waits follow from
//! others: if a parent of the node waits for the test, so does the node. Only the rest is given here, so that a large project
//! has thousands of edges, not millions. The order in which nodes start, and their priorities, are the same.

use dbt_manifest::{Collection, Node, ResourceType};

use super::queue::topological;

/// Pairs of a data test and a node that waits for it. `parents` are those of each node, without duplicates.
pub(super) fn test_edges(nodes: &[&Node], parents: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let is_test = |&node: &usize| nodes[node].resource_type == ResourceType::Test;
    let tests: Vec<usize> = (0..nodes.len()).filter(is_test).collect();
    let waits = |node: usize| {
        nodes[node].collection == Collection::Nodes
            && !matches!(
                nodes[node].resource_type,
                ResourceType::Test | ResourceType::UnitTest
            )
    };
    let is_whole = |test: &usize| {
        let known = parents[*test].len();
        let mut ids: Vec<&str> = nodes[*test].depends_on_nodes().collect();
        ids.sort_unstable();
        ids.dedup();
        known > 0 && known == ids.len()
    };
    let tested = Tested::new(parents, tests.into_iter().filter(is_whole).collect());
    tested.edges(&waits)
}

/// Which of the tested nodes are upstream of each node, as a set of bits.
struct Tested<'a> {
    parents: &'a [Vec<usize>],
    tests: Vec<usize>,
    /// The bit of each tested node.
    bits: Vec<Option<usize>>,
    /// By bit: the tests of the node, as places in `tests`.
    tests_of: Vec<Vec<usize>>,
    /// The number of words of a set.
    words: usize,
}

impl<'a> Tested<'a> {
    fn new(parents: &'a [Vec<usize>], tests: Vec<usize>) -> Self {
        let mut bits = vec![None; parents.len()];
        let mut tests_of: Vec<Vec<usize>> = Vec::new();
        for (place, &test) in tests.iter().enumerate() {
            for &node in &parents[test] {
                let bit = *bits[node].get_or_insert_with(|| {
                    tests_of.push(Vec::new());
                    tests_of.len() - 1
                });
                tests_of[bit].push(place);
            }
        }
        Self {
            parents,
            tests,
            bits,
            words: tests_of.len().div_ceil(64),
            tests_of,
        }
    }

    fn edges(&self, waits: &dyn Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let mut upstream: Vec<Vec<u64>> = vec![Vec::new(); self.parents.len()];
        let mut edges = Vec::new();
        let mut seen = vec![usize::MAX; self.tests.len()];
        let mut has_children = vec![false; self.parents.len()];
        let all = self.parents.iter().flatten();
        all.for_each(|&parent| has_children[parent] = true);
        for node in topological(self.parents) {
            // Most tests: nothing is downstream of them.
            if !waits(node) && !has_children[node] {
                continue;
            }
            let set = self.upstream(node, &upstream);
            if waits(node) {
                let above: Vec<&Vec<u64>> = self.parents[node]
                    .iter()
                    .filter(|parent| waits(**parent))
                    .map(|parent| &upstream[*parent])
                    .collect();
                // A test that no parent waits for has a dependency that is not upstream of any one of them.
                let most = above.iter().max_by_key(|set| size(set));
                for bit in bits_without(&set, most.map_or(&[], |set| set.as_slice())) {
                    for &place in &self.tests_of[bit] {
                        let is_new = std::mem::replace(&mut seen[place], node) != node;
                        if is_new
                            && self.is_within(place, &set)
                            && !above.iter().any(|set| self.is_within(place, set))
                        {
                            edges.push((self.tests[place], node));
                        }
                    }
                }
            }
            upstream[node] = set;
        }
        edges
    }

    /// The tested nodes that are upstream of a node whose parents are done.
    fn upstream(&self, node: usize, done: &[Vec<u64>]) -> Vec<u64> {
        let mut set = vec![0; self.words];
        for &parent in &self.parents[node] {
            for (word, above) in set.iter_mut().zip(&done[parent]) {
                *word |= above;
            }
            if let Some(bit) = self.bits[parent] {
                set[bit / 64] |= 1 << (bit % 64);
            }
        }
        set
    }

    /// Whether all dependencies of a test are in the set.
    fn is_within(&self, place: usize, set: &[u64]) -> bool {
        let has = |bit: usize| set[bit / 64] & (1 << (bit % 64)) != 0;
        self.parents[self.tests[place]]
            .iter()
            .all(|node| self.bits[*node].is_some_and(has))
    }
}

fn size(set: &[u64]) -> u32 {
    set.iter().map(|word| word.count_ones()).sum()
}

/// The bits of a set that another one does not have.
fn bits_without(set: &[u64], other: &[u64]) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, word) in set.iter().enumerate() {
        let mut left = word & !other.get(at).copied().unwrap_or_default();
        while left != 0 {
            found.push(at * 64 + left.trailing_zeros() as usize);
            left &= left - 1;
        }
    }
    found
}
