//! Which task runs a node waits for.

use std::collections::HashSet;

use super::lineage::{Ix, Lineage};

/// The nodes that take part in the run, and the way from a node to the nearest of them upstream.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    takes_part: HashSet<Ix>,
    /// By a node that does not take part: the nearest upstream nodes that do. Kept, since thousands of tests may
    /// stand below one unselected model with thousands of unselected ancestors.
    beyond: Vec<Option<Box<[Ix]>>>,
}

impl Upstream {
    /// Notes that a node takes part, as one with a task run.
    pub(super) fn join(&mut self, ix: Ix) {
        // Usually dbt starts a node after all above it, so that nobody has looked beyond it yet.
        if self.takes_part.insert(ix) && self.beyond.get(ix).is_some_and(Option::is_some) {
            self.beyond.clear();
        }
    }

    /// The direct upstream nodes that take part, hopping over those that do not. In `build`, unit tests run before
    /// their model: they wait for what the model waits for, and the model waits for them.
    pub(super) fn of(&mut self, ix: Ix, lineage: &Lineage) -> Vec<Ix> {
        let mut found = Vec::new();
        for &parent in lineage.depends_on(ix) {
            if lineage.facts(ix).is_unit_test() {
                for &above in lineage.depends_on(parent) {
                    self.nearest(above, lineage, &mut found);
                }
            } else {
                self.nearest(parent, lineage, &mut found);
            }
        }
        found.extend(
            lineage
                .unit_tests(ix)
                .iter()
                .filter(|test| self.takes_part.contains(test)),
        );
        found.sort_unstable();
        found.dedup();
        found.retain(|&other| other != ix);
        found
    }

    fn nearest(&mut self, ix: Ix, lineage: &Lineage, found: &mut Vec<Ix>) {
        if self.takes_part.contains(&ix) {
            return found.push(ix);
        }
        self.look_beyond(ix, lineage);
        found.extend(self.known(ix));
    }

    fn known(&self, ix: Ix) -> &[Ix] {
        self.beyond
            .get(ix)
            .and_then(Option::as_deref)
            .unwrap_or_default()
    }

    /// Fills `beyond` for a node and all above it that do not take part; depth first without recursion, as chains of
    /// thousands of models exist.
    fn look_beyond(&mut self, start: Ix, lineage: &Lineage) {
        self.beyond.resize(lineage.len(), None);
        let (mut entered, mut todo) = (HashSet::new(), vec![start]);
        while let Some(&ix) = todo.last() {
            if self.beyond[ix].is_some() {
                todo.pop();
                continue;
            }
            if entered.insert(ix) {
                let open = |parent: &Ix| {
                    !self.takes_part.contains(parent) && self.beyond[*parent].is_none()
                };
                // One that was entered before stands below on the stack, which means a cycle: no way through.
                todo.extend(
                    lineage
                        .depends_on(ix)
                        .iter()
                        .filter(|parent| open(parent) && !entered.contains(parent)),
                );
                continue;
            }
            let mut nearest = Vec::new();
            for &parent in lineage.depends_on(ix) {
                match self.takes_part.contains(&parent) {
                    true => nearest.push(parent),
                    false => nearest.extend(self.known(parent)),
                }
            }
            nearest.sort_unstable();
            nearest.dedup();
            self.beyond[ix] = Some(nearest.into());
            todo.pop();
        }
    }
}
