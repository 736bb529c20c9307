//! The nodes by number, and what depends on what.

use std::{collections::HashMap, sync::Arc};

use super::facts::Facts;

/// A node, by its place in the [`Lineage`].
pub(super) type Ix = usize;

/// The nodes that the manifest or an event has told of, and their dependencies.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    numbers: HashMap<Arc<str>, Ix>,
    facts: Vec<Facts>,
    depends_on: Vec<Vec<Ix>>,
    /// By model: its unit tests.
    unit_tests: HashMap<Ix, Vec<Ix>>,
}

impl Lineage {
    /// Number of a node; a new one if nobody has told of it yet.
    pub(super) fn number(&mut self, unique_id: &str) -> Ix {
        if let Some(&ix) = self.numbers.get(unique_id) {
            return ix;
        }
        let ix = self.facts.len();
        let facts = Facts::of_id(unique_id);
        self.numbers.insert(facts.unique_id.clone(), ix);
        self.facts.push(facts);
        self.depends_on.push(Vec::new());
        ix
    }

    /// Takes over what a manifest tells of a node.
    pub(super) fn define<'a>(&mut self, facts: Facts, depends_on: impl Iterator<Item = &'a str>) {
        let ix = self.number(&facts.unique_id);
        let upstream: Vec<Ix> = depends_on.map(|id| self.number(id)).collect();
        if facts.is_unit_test() {
            for &model in &upstream {
                self.unit_tests.entry(model).or_default().push(ix);
            }
        }
        self.facts[ix] = facts;
        self.depends_on[ix] = upstream;
    }

    pub(super) fn len(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn facts(&self, ix: Ix) -> &Facts {
        &self.facts[ix]
    }

    pub(super) fn facts_mut(&mut self, ix: Ix) -> &mut Facts {
        &mut self.facts[ix]
    }

    pub(super) fn depends_on(&self, ix: Ix) -> &[Ix] {
        &self.depends_on[ix]
    }

    pub(super) fn unit_tests(&self, model: Ix) -> &[Ix] {
        self.unit_tests.get(&model).map_or(&[], Vec::as_slice)
    }
}
