//! Streams in, effects out, and effects as text.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use dbt_events::{Line, decode};
use dbt_manifest::{Manifest, RunResults};
use jiff::Timestamp;
use prefect_dbt::{
    model::Effect,
    track::{ProcessEnd, TextSource, TrackedRun, Tracker, TrackerOptions},
};
use uuid::Uuid;

/// The release whose recordings a stream is of, unless its name begins with another.
const NEWEST: &str = "1.11";

/// What `cargo xtask fixtures` recorded, as `good` or `1.8/good`.
fn path(stream: &str, extension: &str) -> PathBuf {
    let dir = format!("../../testdata/fixtures/runs/{}", release(stream));
    let name = stream.rsplit('/').next().unwrap_or(stream);
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(dir)
        .join(format!("{name}.{extension}"))
}

fn release(stream: &str) -> &str {
    stream
        .split_once('/')
        .map_or(NEWEST, |(release, _)| release)
}

/// The lines of a recorded stream.
pub(super) fn lines(stream: &str) -> Vec<String> {
    let text = fs_err::read_to_string(path(stream, "jsonl")).expect("recorded data can be read");
    text.lines().map(str::to_owned).collect()
}

/// The manifest of the project that was recorded.
pub(super) fn manifest(stream: &str) -> Arc<Manifest> {
    let release = release(stream);
    let bytes = fs_err::read(path(&format!("{release}/manifest"), "json"))
        .expect("recorded data can be read");
    Arc::new(Manifest::from_slice(&bytes).expect("recorded data can be read"))
}

/// The run_results.json of a recorded stream, if dbt wrote one.
pub(super) fn results(stream: &str) -> Option<RunResults> {
    let bytes = fs_err::read(path(stream, "results.json")).ok()?;
    Some(RunResults::from_slice(&bytes).expect("recorded data can be read"))
}

/// A tracker with the recorded project's manifest.
pub(super) fn tracker() -> Tracker {
    tracker_of("good")
}

fn tracker_of(stream: &str) -> Tracker {
    let mut tracker = Tracker::new(TrackerOptions::new(Uuid::nil()));
    tracker.set_manifest(Some(manifest(stream)));
    tracker
}

/// The end of a process by exit code (or, if negative, by signal).
pub(super) fn exit(code: i32) -> ProcessEnd {
    let at: Timestamp = "2026-12-31T00:00:00Z"
        .parse()
        .expect("recorded data can be read");
    match code {
        0.. => ProcessEnd::exited(code, at),
        _ => ProcessEnd::killed(-code, at),
    }
}

/// Hands a line over as the engine does.
pub(super) fn feed(tracker: &mut Tracker, line: &str, out: &mut Vec<Effect>) {
    match decode(line) {
        Line::Event(event) => tracker.on_event(&event, out),
        Line::Text(text) => tracker.on_text(TextSource::Stdout, text, exit(0).at, out),
    }
}

/// All effects of a recorded stream.
pub(super) fn run(stream: &str, end: ProcessEnd) -> (Vec<Effect>, TrackedRun) {
    let (mut tracker, mut effects) = (tracker_of(stream), Vec::new());
    for line in lines(stream) {
        feed(&mut tracker, &line, &mut effects);
    }
    let run = tracker.close(end, results(stream).as_ref(), &mut effects);
    (effects, run)
}

/// Effects for people: a line each, task runs by name, times without their date and hour.
pub(super) fn shown(effects: &[Effect]) -> String {
    let mut names: HashMap<Uuid, &str> = HashMap::new();
    for effect in effects {
        if let Effect::NodeRunning(task) | Effect::NodeFinished(task, _) = effect {
            names.insert(task.id, &task.name);
        }
    }
    let name = |id: &Uuid| names.get(id).copied().unwrap_or("?").to_owned();
    let line = |effect: &Effect| match effect {
        Effect::NodeRunning(task) => {
            let above: Vec<_> = task.wait_for.iter().map(name).collect();
            format!(
                "> {} from {} after {above:?}",
                task.name,
                time(task.start_time)
            )
        }
        Effect::NodeFinished(task, end) => {
            let above: Vec<_> = task.wait_for.iter().map(name).collect();
            let (from, to) = (time(task.start_time), time(end.end_time));
            let (state, status) = (&end.state, end.result.status.as_str());
            let message = state.message.as_deref().unwrap_or("");
            format!(
                "= {} {} {from} - {to} after {above:?}\n    {status:?} {message:?}",
                task.name, state.name
            )
        }
        Effect::Log(line) => {
            let owner = line.task.as_ref().map_or("flow", |task| &task.name);
            format!(
                "{} {} {owner} | {}",
                time(line.at),
                line.level.number(),
                line.message
            )
        }
        other => format!("{other:?}"),
    };
    effects.iter().map(|effect| line(effect) + "\n").collect()
}

fn time(at: Timestamp) -> String {
    at.to_string()
        .split_once(':')
        .map_or_else(String::new, |(_, rest)| {
            rest.trim_end_matches('Z').to_owned()
        })
}

/// The nodes that ended, each with the name of its state.
pub(super) fn ends(effects: &[Effect]) -> Vec<(&str, &str)> {
    let mut ends = Vec::new();
    for effect in effects {
        if let Effect::NodeFinished(task, end) = effect {
            ends.push((&*task.unique_id, &*end.state.name));
        }
    }
    ends
}
