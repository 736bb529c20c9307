//! Changed macros, and the nodes that call them.

use std::collections::{HashMap, HashSet};

use dbt_manifest::{Manifest, Node};

/// The macros that differ between two manifests, and all macros that call them directly or indirectly.
pub(super) struct ChangedMacros<'m>(HashSet<&'m str>);

impl<'m> ChangedMacros<'m> {
    pub(super) fn between(new: &'m Manifest, old: &'m Manifest) -> Self {
        let (new, old) = (new.macros(), old.macros());
        let is_same = |id: &str| match (new.get(id), old.get(id)) {
            (Some(new), Some(old)) => new.macro_sql == old.macro_sql,
            _ => false,
        };
        let ids = new.keys().chain(old.keys()).map(|id| id.as_str());
        let mut open: Vec<&str> = ids.filter(|id| !is_same(id)).collect();
        let mut callers: HashMap<&str, Vec<&str>> = HashMap::new();
        for (caller, called) in new
            .iter()
            .flat_map(|(id, found)| found.depends_on.iter().map(move |to| (id, to)))
        {
            callers
                .entry(called.as_str())
                .or_default()
                .push(caller.as_str());
        }
        let mut changed = HashSet::new();
        while let Some(id) = open.pop() {
            if changed.insert(id) {
                open.extend(callers.get(id).into_iter().flatten());
            }
        }
        Self(changed)
    }

    /// Whether the node calls a changed macro.
    pub(super) fn reach(&self, node: &Node) -> bool {
        node.macros.iter().any(|id| self.0.contains(id.as_str()))
    }
}
