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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::facts::Facts;

    fn lineage(nodes: &[(&str, &[&str])]) -> Lineage {
        let mut lineage = Lineage::default();
        for (id, above) in nodes {
            lineage.define(Facts::of_id(id), above.iter().copied());
        }
        lineage
    }

    fn waits(lineage: &mut Lineage, taking_part: &[&str], id: &str) -> Vec<String> {
        let mut upstream = Upstream::default();
        for id in taking_part {
            upstream.join(lineage.number(id));
        }
        let ix = lineage.number(id);
        let found = upstream.of(ix, lineage);
        found
            .into_iter()
            .map(|ix| lineage.facts(ix).unique_id.to_string())
            .collect()
    }

    #[test]
    fn hops_over_what_takes_no_part() {
        let mut lineage = lineage(&[
            ("model.p.a", &[]),
            ("model.p.b", &["model.p.a"]),
            ("model.p.c", &["model.p.b", "model.p.a"]),
            ("model.p.d", &["model.p.c", "model.p.b"]),
            ("test.p.t.1", &["model.p.d"]),
        ]);
        assert_eq!(
            waits(&mut lineage, &["model.p.a", "model.p.d"], "model.p.d"),
            ["model.p.a"]
        );
        assert_eq!(
            waits(&mut lineage, &["model.p.a", "model.p.b"], "model.p.d"),
            ["model.p.a", "model.p.b"]
        );
        assert_eq!(
            waits(&mut lineage, &["model.p.a", "test.p.t.1"], "test.p.t.1"),
            ["model.p.a"]
        );
        assert!(waits(&mut lineage, &["test.p.t.1"], "test.p.t.1").is_empty());
    }

    #[test]
    fn unit_tests_stand_before_their_model() {
        let mut lineage = lineage(&[
            ("model.p.a", &[]),
            ("model.p.m", &["model.p.a"]),
            ("unit_test.p.m.u", &["model.p.m"]),
        ]);
        let all = ["model.p.a", "model.p.m", "unit_test.p.m.u"];
        assert_eq!(waits(&mut lineage, &all, "unit_test.p.m.u"), ["model.p.a"]);
        assert_eq!(
            waits(&mut lineage, &all, "model.p.m"),
            ["model.p.a", "unit_test.p.m.u"]
        );
    }

    #[test]
    fn a_cycle_in_a_broken_manifest_ends() {
        let mut lineage = lineage(&[
            ("model.p.a", &["model.p.b"]),
            ("model.p.b", &["model.p.a", "model.p.c"]),
            ("model.p.d", &["model.p.a"]),
        ]);
        assert_eq!(
            waits(&mut lineage, &["model.p.c", "model.p.d"], "model.p.d"),
            ["model.p.c"]
        );
    }

    #[test]
    fn thousands_of_tests_below_a_deep_unselected_chain_share_the_walk() {
        let mut lineage = Lineage::default();
        lineage.define(Facts::of_id("model.p.0"), std::iter::empty());
        for at in 1..20_000 {
            lineage.define(
                Facts::of_id(&format!("model.p.{at}")),
                [&*format!("model.p.{}", at - 1)].into_iter(),
            );
        }
        let mut upstream = Upstream::default();
        let root = lineage.number("model.p.0");
        upstream.join(root);
        for at in 0..20_000 {
            let id = format!("test.p.t.{at}");
            lineage.define(Facts::of_id(&id), ["model.p.19999"].into_iter());
            let test = lineage.number(&id);
            upstream.join(test);
            assert_eq!(upstream.of(test, &lineage), [root]);
        }
    }
}
