//! From nodes that ended to the events of their assets.

use std::collections::{BTreeMap, HashMap, HashSet};

use dbt_events::Event;
use dbt_manifest::Manifest;
use uuid::Uuid;

use super::catalog::{Catalog, Ix};
use super::description::description;
use super::hook::AssetKeyHook;
use super::payload::payload;
use crate::model::{
    AssetEvent, AssetFacts, AssetHappening, Effect, NodeEnd, StateKind, TaskRef, TaskRun,
};

/// How assets are reported.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AssetOptions {
    /// Whether descriptions end with the compiled code.
    pub include_compiled_code: bool,
    /// Other keys than the usual ones.
    pub key: Option<AssetKeyHook>,
}

/// Whether a command of dbt's builds relations; others merely compile or test what there is.
#[must_use]
pub fn materializes(command: &str) -> bool {
    matches!(
        command,
        "build" | "run" | "seed" | "snapshot" | "clone" | "retry"
    )
}

/// Follows a run's effects, and adds those of its assets.
#[derive(Debug)]
pub struct Assets {
    catalog: Catalog,
    include_compiled_code: bool,
    /// What was referenced already: once in a run is enough.
    referenced: HashSet<Ix>,
    /// Results of unit tests, by the asset that they are about.
    tests: HashMap<Ix, BTreeMap<String, String>>,
    warnings: Vec<String>,
    warned_of_code: bool,
}

impl Assets {
    /// The assets of a project; the manifest can go.
    #[must_use]
    pub fn new(manifest: &Manifest, options: &AssetOptions) -> Self {
        let (catalog, warnings) = Catalog::new(manifest, options.key.as_ref());
        Self {
            catalog,
            include_compiled_code: options.include_compiled_code,
            referenced: HashSet::new(),
            tests: HashMap::new(),
            warnings,
            warned_of_code: false,
        }
    }

    /// Adds the assets' events to the effects that an event of dbt's had. `compiled` reads the code in a file below
    /// `<target>/compiled`.
    pub fn follow(
        &mut self,
        event: Option<&Event<'_>>,
        compiled: &dyn Fn(&str) -> Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let mut added = Vec::new();
        for effect in effects.iter() {
            if let Effect::NodeFinished(task, end) = effect {
                self.on_end(task, end, event, compiled, &mut added);
            }
        }
        effects.extend(added.into_iter().map(Effect::Asset));
    }

    /// What people should know, since it was last asked.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    fn on_end(
        &mut self,
        task: &TaskRun,
        end: &NodeEnd,
        event: Option<&Event<'_>>,
        compiled: &dyn Fn(&str) -> Option<String>,
        added: &mut Vec<AssetEvent>,
    ) {
        for &tested in self.catalog.tested_by(&task.unique_id) {
            self.tests
                .entry(tested)
                .or_default()
                .insert(task.unique_id.clone(), end.result.status.to_string());
        }
        let built = self.catalog.find(&task.unique_id);
        let Some(ix) = built.filter(|&ix| self.catalog.get(ix).is_built) else {
            return;
        };
        let happening = match (end.state.kind, end.state.name.as_str()) {
            // Nothing was built: what there was is as good as new.
            (StateKind::Completed, "Cached") => return,
            (StateKind::Completed, _) => AssetHappening::Succeeded,
            (StateKind::Failed, _) => AssetHappening::Failed,
            // Skipped, stopped or unknown.
            _ => return,
        };
        let upstream = self.catalog.get(ix).upstream.clone();
        for &above in upstream.iter() {
            if self.referenced.insert(above) {
                let asset = self.facts(above, compiled);
                added.push(new_event(AssetHappening::Referenced, asset, task, end));
            }
        }
        let asset = self.facts(ix, compiled);
        let tests = self.tests.remove(&ix).unwrap_or_default();
        let mut event_of_asset = new_event(happening, asset, task, end);
        event_of_asset.payload = payload(task, end, event, tests);
        event_of_asset.upstream = upstream
            .iter()
            .map(|&above| self.catalog.get(above).key.to_string())
            .collect();
        added.push(event_of_asset);
    }

    fn facts(&mut self, ix: Ix, compiled: &dyn Fn(&str) -> Option<String>) -> AssetFacts {
        let asset = self.catalog.get(ix);
        let code = asset
            .compiled
            .as_deref()
            .filter(|_| self.include_compiled_code)
            .and_then(compiled);
        let (description, dropped) = description(&asset.description, code.as_deref());
        if dropped && !std::mem::replace(&mut self.warned_of_code, true) {
            self.warnings.push(format!(
                "the compiled code of {} is left out of its asset's description, which Prefect limits to 2500 \
                 characters; the same goes for others as long",
                asset.name
            ));
        }
        AssetFacts {
            key: asset.key.to_string(),
            name: asset.name.to_string(),
            description: Some(description).filter(|text| !text.is_empty()),
            owners: asset.owners.to_vec(),
            url: asset.url.as_deref().map(str::to_owned),
        }
    }
}

/// An event without upstream and payload. Its id depends on what it says alone, so that a replay repeats it.
fn new_event(
    happening: AssetHappening,
    asset: AssetFacts,
    task: &TaskRun,
    end: &NodeEnd,
) -> AssetEvent {
    let identity = format!("{happening:?} {}", asset.key);
    AssetEvent {
        id: Uuid::new_v5(&task.id, identity.as_bytes()),
        happening,
        at: end.end_time,
        asset,
        task: TaskRef {
            id: task.id,
            name: task.name.clone(),
        },
        upstream: Vec::new(),
        payload: serde_json::Map::new(),
    }
}

#[cfg(test)]
mod tests;
