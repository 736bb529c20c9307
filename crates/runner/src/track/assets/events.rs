//! The asset events of nodes that ended.

use std::collections::{BTreeMap, HashMap, HashSet};

use dbt_events::Event;
use dbt_manifest::Manifest;
use uuid::Uuid;

use super::catalog::{AssetIndex, Catalog};
use super::description::description;
use super::hook::AssetKeyHook;
use super::payload::payload;
use crate::model::{
    AssetEvent, AssetEventKind, AssetProperties, Effect, NodeEnd, StateKind, TaskRef, TaskRun,
};

/// Which assets are reported, and how.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AssetOptions {
    /// Whether the compiled code is appended to descriptions.
    pub include_compiled_code: bool,
    /// Replaces the default keys.
    pub key: Option<AssetKeyHook>,
}

/// Whether a dbt command builds relations. Other commands only compile or test.
#[must_use]
pub fn materializes(command: &str) -> bool {
    matches!(
        command,
        "build" | "run" | "seed" | "snapshot" | "clone" | "retry"
    )
}

/// Adds the asset events to the effects of a run.
#[derive(Debug)]
pub struct Assets {
    catalog: Catalog,
    include_compiled_code: bool,
    /// Assets that were referenced already: one event in a run is enough.
    referenced: HashSet<AssetIndex>,
    /// The statuses of unit tests, by the asset that they test.
    tests: HashMap<AssetIndex, BTreeMap<String, String>>,
    warnings: Vec<String>,
    warned_of_code: bool,
}

impl Assets {
    /// Reads the assets of a project; the manifest is not kept.
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

    /// Adds the asset events to the effects of one dbt event. `compiled` reads a file below `<target>/compiled`.
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

    /// The warnings since the last call.
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
        let kind = match (end.state.kind, end.state.name.as_str()) {
            // Nothing was built: the relation was up to date.
            (StateKind::Completed, "Cached") => return,
            (StateKind::Completed, _) => AssetEventKind::Succeeded,
            (StateKind::Failed, _) => AssetEventKind::Failed,
            // Skipped, cancelled or crashed.
            _ => return,
        };
        let upstream = self.catalog.get(ix).upstream.clone();
        for &above in upstream.iter() {
            if self.referenced.insert(above) {
                let asset = self.describe(above, compiled);
                added.push(new_event(AssetEventKind::Referenced, asset, task, end));
            }
        }
        let asset = self.describe(ix, compiled);
        let tests = self.tests.remove(&ix).unwrap_or_default();
        let mut event_of_asset = new_event(kind, asset, task, end);
        event_of_asset.payload = payload(task, end, event, tests);
        event_of_asset.upstream = upstream
            .iter()
            .map(|&above| self.catalog.get(above).key.to_string())
            .collect();
        added.push(event_of_asset);
    }

    fn describe(
        &mut self,
        ix: AssetIndex,
        compiled: &dyn Fn(&str) -> Option<String>,
    ) -> AssetProperties {
        let asset = self.catalog.get(ix);
        let code = asset
            .compiled
            .as_deref()
            .filter(|_| self.include_compiled_code)
            .and_then(compiled);
        let (description, dropped) = description(&asset.description, code.as_deref());
        if dropped && !std::mem::replace(&mut self.warned_of_code, true) {
            self.warnings.push(format!(
                "the compiled code of {} does not fit into the description of its asset and is omitted: Prefect \
                 limits descriptions to 2500 characters; this warning appears once in a run",
                asset.name
            ));
        }
        AssetProperties {
            key: asset.key.to_string(),
            name: asset.name.to_string(),
            description: Some(description).filter(|text| !text.is_empty()),
            owners: asset.owners.to_vec(),
            url: asset.url.as_deref().map(str::to_owned),
        }
    }
}

/// An event without upstream and payload. Its id depends only on its content, so that a replay sends the same id.
fn new_event(
    kind: AssetEventKind,
    asset: AssetProperties,
    task: &TaskRun,
    end: &NodeEnd,
) -> AssetEvent {
    let identity = format!("{kind:?} {}", asset.key);
    AssetEvent {
        id: Uuid::new_v5(&task.id, identity.as_bytes()),
        kind,
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
