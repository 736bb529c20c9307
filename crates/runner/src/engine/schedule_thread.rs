//! Determines what dbt is going to run, for the ledger, on a thread of its own: dbt's output is read meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use dbt_manifest::Manifest;

use super::prepare::Prepared;
use super::record::{SharedRecorder, with};
use crate::dbt_retry::schedule;
use crate::model::{Effect, Obstacle, RemainingWork};
use crate::request::Request;

/// Records what is to do: now if the plan of the retry names it, else when the manifest is sent to the returned sender.
pub(super) fn record_schedule(
    request: &Request,
    prepared: &Prepared,
    recorder: &SharedRecorder,
) -> Option<Sender<Arc<Manifest>>> {
    if let Some(nodes) = &request.attempt.scheduled {
        let work = RemainingWork::not_begun(nodes.clone());
        with(recorder, |recorder| {
            recorder.record(Effect::Remaining(work))
        });
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
        let unknown = || RemainingWork::unknown(Obstacle::UnknownSchedule);
        let work = nodes.map_or_else(unknown, RemainingWork::not_begun);
        with(&recorder, |recorder| {
            recorder.record(Effect::Remaining(work))
        });
    });
    started
        .inspect_err(
            |error| tracing::debug!(%error, "cannot start the thread that determines the schedule"),
        )
        .ok()
        .map(|_| sender)
}
