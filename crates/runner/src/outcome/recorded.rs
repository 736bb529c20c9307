//! Outcomes of recorded dbt runs, for tests.

use std::path::{Path, PathBuf};

use super::invocation_outcome::Outcome;
use crate::model::{Delivery, StopCause};
use crate::track::{ProcessEnd, Tracker, TrackerOptions};
use dbt_events::{Line, decode};
use dbt_manifest::{Manifest, RunResults};
use jiff::Timestamp;
use uuid::Uuid;

/// The outcome of a recorded run, such as `model_fails`, with this exit code of dbt.
pub(crate) fn outcome(name: &str, exit_code: i32, stopped: Option<StopCause>) -> Outcome {
    let manifest = Manifest::from_slice(&read("manifest.json").unwrap()).unwrap();
    let mut tracker = Tracker::new(TrackerOptions::new(Uuid::nil()));
    tracker.set_manifest(Some(manifest.into()));
    if let Some(cause) = stopped {
        tracker.interrupted(&format!("{cause:?}"));
    }
    let mut effects = Vec::new();
    let stream = String::from_utf8(read(&format!("{name}.jsonl")).unwrap()).unwrap();
    for line in stream.lines() {
        if let Line::Event(event) = decode(line) {
            tracker.on_event(&event, &mut effects);
        }
    }
    let results = read(&format!("{name}.results.json"));
    let results = results.map(|bytes| RunResults::from_slice(&bytes).unwrap());
    let end = ProcessEnd {
        exit_code: Some(exit_code),
        signal: None,
        at: Timestamp::UNIX_EPOCH,
    };
    let run = tracker.close(end, results.as_ref(), &mut effects);
    let command = match name {
        "compile" => &["compile"][..],
        "freshness" => &["source", "freshness"],
        _ => &["build"],
    };
    let args = command.iter().map(|&arg| arg.to_owned()).collect();
    Outcome::of_run(Uuid::nil(), args, run, stopped)
}

/// A delivery that succeeded, or failed with this problem.
pub(crate) fn delivery(problem: Option<&str>) -> Delivery {
    Delivery {
        flow_run_id: Some(Uuid::nil()),
        flow_run_name: Some("calm-hare".to_owned()),
        url: Some("http://prefect/runs/flow-run/1".to_owned()),
        verified: problem.is_none(),
        problem: problem.map(str::to_owned),
        ..Delivery::default()
    }
}

fn read(name: &str) -> Option<Vec<u8>> {
    let runs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures/runs/1.11");
    let path: PathBuf = runs.join(name);
    std::fs::read(path).ok()
}
