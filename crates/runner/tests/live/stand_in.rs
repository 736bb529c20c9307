//! A stand-in for dbt: a script that prints the log of a recorded run, beside the artifacts of that run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use super::project::{bare_program, invoke};

/// Answers `dbt --version`, and goes on for any other command.
const VERSION: &str =
    r#"[ "$1" = --version ] && { echo Core:; echo "  - installed: 1.11.16"; exit 0; }"#;
/// When the recorded runs began.
const RECORDED: &str = "2026-01-01T00:00:00";

/// A moment a little in the past, to the second: recorded runs are moved there, since servers forget old events.
pub(super) fn a_minute_ago() -> Timestamp {
    let seconds = Timestamp::now().as_second();
    Timestamp::from_second(seconds).unwrap() - SignedDuration::from_secs(60)
}

/// A project whose dbt prints the log of a recorded run.
pub(super) struct StandIn {
    dir: TempDir,
}

impl StandIn {
    /// The run of this name, as if it had begun then; it pauses that long in the middle and at its end.
    pub(super) fn recorded(run: &str, began: Timestamp, code: i32, pause: Duration) -> Self {
        let seconds = pause.as_secs_f64();
        let script = format!(
            "cat first.jsonl\nsleep {seconds}\n: > half\ncat second.jsonl\nsleep {seconds}\nexit {code}\n"
        );
        Self::saying(run, began, &script)
    }

    /// The same without a pause, but in the middle it waits until it is [released](Self::release).
    pub(super) fn held(run: &str, began: Timestamp, code: i32) -> Self {
        let script = format!(
            "cat first.jsonl\n: > half\nuntil [ -e released ]; do sleep 0.1; done\ncat second.jsonl\nexit {code}\n"
        );
        Self::saying(run, began, &script)
    }

    /// Has a run go on that waits in its middle.
    pub(super) fn release(&self) {
        self.write("released", "");
    }

    /// The same, printed line by line.
    pub(super) fn paced(run: &str, began: Timestamp, code: i32) -> Self {
        let script = format!(
            "cat first.jsonl second.jsonl | while IFS= read -r line; do\nprintf '%s\\n' \"$line\"\nsleep 0.01\ndone\nexit {code}\n"
        );
        Self::saying(run, began, &script)
    }

    /// A project whose dbt is this script, with both halves of a recorded run at hand.
    fn saying(run: &str, began: Timestamp, script: &str) -> Self {
        let fixtures =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures/runs/1.11");
        let moved = |name: &str| {
            let text = fs_err::read_to_string(fixtures.join(name)).unwrap();
            text.replace(RECORDED, &began.strftime("%Y-%m-%dT%H:%M:%S").to_string())
        };
        let stream = moved(&format!("{run}.jsonl"));
        let middle = stream.len() / 2;
        let middle = middle + stream[middle..].find('\n').unwrap() + 1;
        let made = Self::new("tiny", script);
        made.write("first.jsonl", &stream[..middle]);
        made.write("second.jsonl", &stream[middle..]);
        let manifest = with_relations(&moved("manifest.json"));
        made.write("target/manifest.json", &manifest);
        let results = moved(&format!("{run}.results.json"));
        made.write("target/run_results.json", &results);
        made
    }

    /// A project whose dbt is this script, run in the project.
    pub(super) fn new(name: &str, script: &str) -> Self {
        let made = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs_err::create_dir(made.path().join("target")).unwrap();
        made.write(
            "dbt_project.yml",
            &format!("name: {name}\nprofile: {name}\n"),
        );
        made.write("profiles.yml", &format!("{name}: {{}}\n"));
        made.write("dbt", &format!("#!/bin/sh\n{VERSION}\n{script}"));
        let executable = std::fs::Permissions::from_mode(0o755);
        fs_err::set_permissions(made.dbt(), executable).unwrap();
        made
    }

    /// The project.
    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The script.
    fn dbt(&self) -> PathBuf {
        self.path().join("dbt")
    }

    /// The file that exists once the first half of a recorded run was printed.
    pub(super) fn half(&self) -> PathBuf {
        self.path().join("half")
    }

    /// The journals that were kept.
    pub(super) fn journals(&self) -> Vec<PathBuf> {
        let Ok(folder) = fs_err::read_dir(self.path().join(".prefect-dbt")) else {
            return Vec::new();
        };
        folder
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "jsonl")
            })
            .collect()
    }

    /// Puts a file into the project.
    pub(super) fn write(&self, name: &str, text: &str) {
        fs_err::write(self.path().join(name), text).unwrap();
    }

    /// `prefect-dbt` in the project, reporting to this API.
    pub(super) fn program(&self, api: &str) -> Command {
        let mut command = bare_program();
        command
            .current_dir(self.path())
            .env("HOME", self.path())
            .env("PREFECT_API_URL", api)
            .env("PREFECT_DBT_EXECUTABLE", self.dbt());
        command
    }

    /// `prefect-dbt invoke OPTIONS -- build`.
    pub(super) fn build(&self, api: &str, flow_run: &str, options: &[&str]) -> Command {
        invoke(self.program(api), flow_run, options, &["build"])
    }
}

/// The manifest with the names of relations, which recordings leave out: so there are assets.
fn with_relations(manifest: &str) -> String {
    let mut manifest: Value = serde_json::from_str(manifest).unwrap();
    for nodes in ["nodes", "sources"] {
        for node in manifest[nodes].as_object_mut().unwrap().values_mut() {
            let builds = matches!(
                node["resource_type"].as_str(),
                Some("model" | "seed" | "snapshot" | "source")
            );
            if builds && node["config"]["materialized"] != "ephemeral" {
                let name = node["name"].as_str().unwrap();
                node["relation_name"] = format!("\"tiny\".\"main\".\"{name}\"").into();
            }
        }
    }
    manifest.to_string()
}
