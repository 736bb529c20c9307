//! Which task runs a node waits for: the edges that Prefect shows.

use std::collections::HashSet;

use super::lineage::{Lineage, NodeIndex};

/// The nodes that take part in the run, and for each node the nearest of them upstream.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    takes_part: HashSet<NodeIndex>,
    /// For a node that does not take part: the nearest upstream nodes that do. Kept, since thousands of tests may
    /// depend on one unselected model with thousands of unselected ancestors.
    beyond: Vec<Option<Box<[NodeIndex]>>>,
}

impl Upstream {
    /// Adds a node that takes part: one with a task run, in this invocation or in an earlier one of the same flow run.
    pub(super) fn join(&mut self, ix: NodeIndex) {
        // dbt usually starts a node after all its upstream nodes, so that nothing is cached beyond it yet.
        if self.takes_part.insert(ix) && self.beyond.get(ix).is_some_and(Option::is_some) {
            self.beyond.clear();
        }
    }

    /// Forgets what was found in an older lineage.
    pub(super) fn forget(&mut self) {
        self.beyond.clear();
    }

    /// Whether a node takes part.
    pub(super) fn takes_part(&self, ix: NodeIndex) -> bool {
        self.takes_part.contains(&ix)
    }

    /// The number of nodes that take part.
    pub(super) fn count(&self) -> usize {
        self.takes_part.len()
    }

    /// The direct upstream nodes that take part, with those that do not skipped over. If unit tests run before their model,
    /// they wait for what the model waits for, and the model waits for them.
    pub(super) fn of(
        &mut self,
        ix: NodeIndex,
        lineage: &Lineage,
        unit_tests_first: bool,
    ) -> Vec<NodeIndex> {
        let mut found = Vec::new();
        for &parent in lineage.depends_on(ix) {
            if unit_tests_first && lineage.details(ix).is_unit_test() {
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
                .filter(|test| unit_tests_first && self.takes_part.contains(test)),
        );
        found.sort_unstable();
        found.dedup();
        found.retain(|&other| other != ix);
        found
    }

    fn nearest(&mut self, ix: NodeIndex, lineage: &Lineage, found: &mut Vec<NodeIndex>) {
        if self.takes_part.contains(&ix) {
            return found.push(ix);
        }
        self.look_beyond(ix, lineage);
        found.extend(self.known(ix));
    }

    fn known(&self, ix: NodeIndex) -> &[NodeIndex] {
        self.beyond
            .get(ix)
            .and_then(Option::as_deref)
            .unwrap_or_default()
    }

    /// Fills `beyond` for a node and all above it that do not take part; depth first without recursion, as chains of
    /// thousands of models exist.
    fn look_beyond(&mut self, start: NodeIndex, lineage: &Lineage) {
        self.beyond.resize(lineage.len(), None);
        let (mut entered, mut todo) = (HashSet::new(), vec![start]);
        while let Some(&ix) = todo.last() {
            if self.beyond[ix].is_some() {
                todo.pop();
                continue;
            }
            if entered.insert(ix) {
                let open = |parent: &NodeIndex| {
                    !self.takes_part.contains(parent) && self.beyond[*parent].is_none()
                };
                // A node that was entered before is still on the stack: a cycle, which leads nowhere.
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
    use crate::track::node_details::NodeDetails;

    fn lineage(nodes: &[(&str, &[&str])]) -> Lineage {
        let mut lineage = Lineage::default();
        for (id, above) in nodes {
            lineage.define(NodeDetails::of_id(id), above.iter().copied());
        }
        lineage
    }

    fn waits(lineage: &mut Lineage, taking_part: &[&str], id: &str) -> Vec<String> {
        let mut upstream = Upstream::default();
        for id in taking_part {
            upstream.join(lineage.index_of(id));
        }
        let ix = lineage.index_of(id);
        let found = upstream.of(ix, lineage, true);
        found
            .into_iter()
            .map(|ix| lineage.details(ix).unique_id.to_string())
            .collect()
    }

    #[test]
    fn nodes_that_do_not_take_part_are_skipped_over() {
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
    fn a_model_waits_for_its_unit_tests() {
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
    fn in_dbt_retry_a_unit_test_waits_for_its_model() {
        let mut lineage = lineage(&[
            ("model.p.a", &[]),
            ("model.p.m", &["model.p.a"]),
            ("unit_test.p.m.u", &["model.p.m"]),
        ]);
        let mut upstream = Upstream::default();
        let [a, m, u] = ["model.p.a", "model.p.m", "unit_test.p.m.u"].map(|id| {
            let ix = lineage.index_of(id);
            upstream.join(ix);
            ix
        });
        assert_eq!(upstream.of(u, &lineage, false), [m]);
        assert_eq!(upstream.of(m, &lineage, false), [a]);
    }

    #[test]
    fn a_cycle_in_a_broken_manifest_does_not_loop() {
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
    fn thousands_of_tests_below_a_deep_unselected_chain_share_the_search() {
        let mut lineage = Lineage::default();
        lineage.define(NodeDetails::of_id("model.p.0"), std::iter::empty());
        for at in 1..20_000 {
            lineage.define(
                NodeDetails::of_id(&format!("model.p.{at}")),
                [&*format!("model.p.{}", at - 1)].into_iter(),
            );
        }
        let mut upstream = Upstream::default();
        let root = lineage.index_of("model.p.0");
        upstream.join(root);
        for at in 0..20_000 {
            let id = format!("test.p.t.{at}");
            lineage.define(NodeDetails::of_id(&id), ["model.p.19999"].into_iter());
            let test = lineage.index_of(&id);
            upstream.join(test);
            assert_eq!(upstream.of(test, &lineage, true), [root]);
        }
    }
}
