//! The nodes that the selections of hooks select, evaluated once per run.

use std::collections::{BTreeSet, HashMap};

use dbt_manifest::Manifest;
use dbt_selector::{Context, Expr, IndirectSelection, SelectionGraph};

use super::hook::Hook;
use crate::model::error_chain;
use crate::selection::SelectorsFile;

/// The nodes of each selection; an invalid selection has none.
#[derive(Debug, Default)]
pub(super) struct HookSelections(HashMap<Vec<String>, BTreeSet<String>>);

impl HookSelections {
    /// Evaluates the selections of all hooks. Warns of each that is invalid or selects nothing.
    /// `selectors` is the project's selectors.yml, which is read only if a selection names a selector.
    pub(super) fn resolve(
        hooks: &[Hook],
        manifest: &Manifest,
        selectors: Option<&SelectorsFile>,
        warn: &dyn Fn(&str),
    ) -> Self {
        let mut selections = Self::default();
        if hooks.iter().all(|hook| hook.select.is_none()) {
            return selections;
        }
        let graph = SelectionGraph::new(manifest);
        let mode = IndirectSelection::Eager;
        let selectors = selectors.filter(|_| hooks.iter().any(names_selector));
        let named = selectors.map(|file| file.read(mode, graph.dialect()));
        let named = named.transpose().unwrap_or_else(|error| {
            let error = error_chain(&error);
            warn(&format!("the hooks know no named selectors: {error}"));
            None
        });
        let named = named.unwrap_or_default();
        let mut context = Context::default();
        context.selectors = Some(&named);
        for hook in hooks {
            let Some(select) = &hook.select else { continue };
            let found = Expr::parse_arguments(select, &[""; 0], mode)
                .and_then(|expr| expr.compile(&graph, &context))
                .map(|compiled| compiled.evaluate());
            let nodes = match found {
                Ok(selection) => selection.unique_ids().map(str::to_owned).collect(),
                Err(errors) => {
                    warn(&format!(
                        "{} is never called: invalid selection\n{errors}",
                        hook.name
                    ));
                    selections.0.insert(select.clone(), BTreeSet::new());
                    continue;
                }
            };
            if BTreeSet::is_empty(&nodes) {
                warn(&format!(
                    "{} is never called: `{}` selects no nodes of the project",
                    hook.name,
                    select.join(" ")
                ));
            }
            selections.0.insert(select.clone(), nodes);
        }
        selections
    }

    /// Whether the hook is called for this node.
    pub(super) fn matches(&self, hook: &Hook, unique_id: &str) -> bool {
        hook.select.as_ref().is_none_or(|select| {
            self.0
                .get(select)
                .is_some_and(|nodes| nodes.contains(unique_id))
        })
    }
}

/// Whether the selection of a hook may use the method `selector:`.
fn names_selector(hook: &Hook) -> bool {
    let select = hook.select.iter().flatten();
    select.into_iter().any(|value| value.contains("selector"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;
    use crate::dbt::{CommandLine, Project};
    use crate::hooks::registry::Hooks;
    use crate::selection::SelectionFlags;

    /// A manifest whose copy of selectors.yml is out of date.
    const MANIFEST: &str = r#"{
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.12.6"},
        "nodes": {
            "model.shop.a": {"resource_type": "model", "name": "a", "package_name": "shop", "fqn": ["shop", "a"]},
            "model.shop.b": {"resource_type": "model", "name": "b", "package_name": "shop", "fqn": ["shop", "b"]}
        },
        "selectors": {"nightly": {"name": "nightly", "definition": {"method": "fqn", "value": "a"}}}
    }"#;

    /// The nodes of a hook that selects `selector:nightly`, and the warnings.
    fn nightly(selectors: &str) -> (Vec<String>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("selectors.yml"), selectors).unwrap();
        let project = Project::find(Some(dir.path()), None, Path::new("/"));
        let line = CommandLine::parse(&["build"]);
        let flags = SelectionFlags::read(&line, |_| None);
        let file = SelectorsFile::of(&project, &flags, None).unwrap();
        let hooks = Hooks::default();
        hooks.post_model().select("selector:nightly").call(|_| {});
        let hooks = hooks.all();
        let warnings = Mutex::new(Vec::new());
        let warn = |text: &str| warnings.lock().unwrap().push(text.to_owned());
        let manifest = Manifest::from_slice(MANIFEST.as_bytes()).unwrap();
        let selections = HookSelections::resolve(&hooks, &manifest, Some(&file), &warn);
        let ids = manifest.iter().map(|node| node.unique_id.to_string());
        let ids = ids.filter(|id| selections.matches(&hooks[0], id)).collect();
        (ids, warnings.into_inner().unwrap())
    }

    #[test]
    fn named_selectors_are_those_of_selectors_yml() {
        let (ids, warnings) =
            nightly("selectors:\n  - name: nightly\n    definition: '{{ \"b\" }}'\n");
        assert_eq!((ids, warnings), (vec!["model.shop.b".to_owned()], vec![]));
    }

    #[test]
    fn an_invalid_selectors_yml_is_a_warning() {
        let (ids, warnings) = nightly("selectors: 3\n");
        assert_eq!(ids, [""; 0]);
        assert!(
            warnings[0].starts_with("the hooks know no named selectors: "),
            "{warnings:?}"
        );
    }
}
