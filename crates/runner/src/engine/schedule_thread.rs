//! Determines what dbt is going to run, on a thread of its own: dbt's output is read meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use dbt_manifest::{Manifest, Node};

use super::prepare::Prepared;
use super::record::{SharedRecorder, with};
use crate::dbt_retry::schedule;
use crate::model::{Effect, Obstacle, RemainingWork};
use crate::request::Request;

/// What the nodes of a run are determined for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Purpose {
    /// The ledger, which names them.
    pub(super) ledger: bool,
    /// Their number, which dbt 2 does not write.
    pub(super) total: bool,
    /// The record of the attempt, which names those that a stopped dbt has not begun: no manifest is read again at the end.
    pub(super) record: bool,
}

impl Purpose {
    /// Nothing needs them.
    pub(super) const NONE: Self = Self {
        ledger: false,
        total: false,
        record: false,
    };
}

/// Records what is to do: now if the plan of the retry names it, else when the manifest is sent to the returned sender.
pub(super) fn record_schedule(
    purpose: Purpose,
    request: &Request,
    prepared: &Prepared,
    recorder: &SharedRecorder,
) -> Option<Sender<Arc<Manifest>>> {
    if purpose == Purpose::NONE {
        return None;
    }
    if let Some(nodes) = &request.attempt.scheduled {
        if purpose.ledger {
            let work = RemainingWork::not_begun(nodes.clone());
            with(recorder, |recorder| {
                recorder.record(Effect::Remaining(work))
            });
        }
        return None;
    }
    let (sender, manifest) = channel::<Arc<Manifest>>();
    let (request, project) = (request.clone(), prepared.project.clone());
    let recorder = Arc::clone(recorder);
    let thread = std::thread::Builder::new().name("schedule".to_owned());
    let started = thread.spawn(move || {
        // Without a manifest, dbt runs nothing.
        let Ok(manifest) = manifest.recv() else {
            return;
        };
        let nodes = schedule(&manifest, request.original_line(), &project, &request);
        let effects = effects(purpose, nodes.as_deref(), &manifest);
        with(&recorder, |recorder| {
            recorder.scheduled = nodes;
            effects
                .into_iter()
                .for_each(|effect| recorder.record(effect));
        });
    });
    started
        .inspect_err(
            |error| tracing::debug!(%error, "cannot start the thread that determines the schedule"),
        )
        .ok()
        .map(|_| sender)
}

/// What the nodes of a run mean, if they can be determined.
fn effects(purpose: Purpose, nodes: Option<&[String]>, manifest: &Manifest) -> Vec<Effect> {
    let total = nodes.filter(|_| purpose.total);
    let total = total.map(|nodes| Effect::Total(total_of(nodes, manifest)));
    let unknown = || RemainingWork::unknown(Obstacle::UnknownSchedule);
    let known = |nodes: &[String]| RemainingWork::not_begun(nodes.to_vec());
    let work = || nodes.map_or_else(unknown, known);
    let work = purpose.ledger.then(|| Effect::Remaining(work()));
    total.into_iter().chain(work).collect()
}

/// How many of the selected nodes have a task run, with the SQL hooks of the run.
fn total_of(nodes: &[String], manifest: &Manifest) -> u32 {
    let is_ephemeral = |node: &Node| node.config.materialized.as_deref() == Some("ephemeral");
    let run = nodes.iter().filter(|id| {
        let node = manifest.get(id);
        !node.is_some_and(is_ephemeral)
    });
    let hooks = manifest.iter().filter(|node| {
        let is_hook = node.resource_type.as_str() == "operation";
        is_hook && !nodes.is_empty()
    });
    u32::try_from(run.count() + hooks.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest() -> Manifest {
        let node = |id: &str, materialized: &str| {
            let kind = id.split('.').next();
            json!({"unique_id": id, "resource_type": kind, "name": id, "package_name": "p", "path": "", "original_file_path": "",
                "fqn": ["p", id], "config": {"materialized": materialized}, "depends_on": {"nodes": []}})
        };
        let nodes = [
            ("model.p.table", "table"),
            ("model.p.inlined", "ephemeral"),
            ("model.p.other", "view"),
            ("operation.p.p-on-run-start-0", "view"),
        ]
        .map(|(id, materialized)| (id.to_owned(), node(id, materialized)));
        let nodes: serde_json::Map<_, _> = nodes.into_iter().collect();
        let schema = "https://schemas.getdbt.com/dbt/manifest/v12.json";
        let text = json!({"metadata": {"dbt_schema_version": schema}, "nodes": nodes}).to_string();
        Manifest::from_slice(text.as_bytes()).expect("a manifest")
    }

    #[test]
    fn the_total_of_dbt_2_counts_hooks_and_no_ephemeral_model() {
        let selected = ["model.p.table", "model.p.inlined"].map(str::to_owned);
        let purpose = |ledger, total| Purpose {
            ledger,
            total,
            record: true,
        };
        let of = |purpose, nodes: Option<&[String]>| effects(purpose, nodes, &manifest());
        assert_eq!(
            of(purpose(false, true), Some(&selected)),
            [Effect::Total(2)]
        );
        // Hooks run only if a node does.
        assert_eq!(of(purpose(false, true), Some(&[])), [Effect::Total(0)]);
        assert_eq!(of(purpose(false, true), None), []);
        let both = of(purpose(true, true), Some(&selected));
        assert!(matches!(both[..], [Effect::Total(2), Effect::Remaining(_)]));
        let ledger = of(purpose(true, false), None);
        assert!(matches!(ledger[..], [Effect::Remaining(_)]));
    }
}
