//! What dbt wrote about its run: the artifacts, and its log file in JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

/// What dbt wrote about one invocation.
pub(super) struct DbtTruth {
    /// manifest.json.
    pub(super) manifest: Value,
    /// Status and message of each node in run_results.json; empty when dbt did not come to write it.
    results: BTreeMap<String, (String, Option<String>)>,
    /// The events of the invocation.
    events: Vec<Value>,
}

/// A line that people see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) message: String,
    /// The node that it belongs to.
    pub(super) node: Option<String>,
}

impl DbtTruth {
    /// Reads what the last invocation left.
    pub(super) fn read(project: &Path, log_file: &Path) -> Self {
        let log = fs::read_to_string(log_file).unwrap();
        let all: Vec<Value> = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let invocation = all.last().unwrap()["info"]["invocation_id"].clone();
        let events: Vec<Value> = all
            .into_iter()
            .filter(|event| event["info"]["invocation_id"] == invocation)
            .collect();
        let artifact = |name: &str| -> Option<Value> {
            let bytes = fs::read(project.join("target").join(name)).ok()?;
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            (value["metadata"]["invocation_id"] == invocation).then_some(value)
        };
        let results = artifact("run_results.json").map(|artifact| results(&artifact));
        Self {
            manifest: artifact("manifest.json").unwrap_or_default(),
            results: results.unwrap_or_default(),
            events,
        }
    }

    /// The nodes that the server must know: everything that ran or was skipped, but no ephemeral model.
    pub(super) fn nodes(&self) -> BTreeSet<String> {
        let began = self
            .named(&[
                "NodeStart",
                "NodeFinished",
                "LogHookStartLine",
                "SkippingDetails",
            ])
            .filter_map(node_of)
            .map(str::to_owned);
        began
            .chain(self.results.keys().cloned())
            // `run-operation` lists its macro, and a macro is not a node.
            .filter(|id| !id.starts_with("macro."))
            .filter(|id| self.manifest["nodes"][id]["config"]["materialized"] != "ephemeral")
            .collect()
    }

    /// dbt's status of a node: the last event's, else the artifact's.
    pub(super) fn status(&self, unique_id: &str) -> Option<String> {
        self.run_result(unique_id, "status").or_else(|| {
            self.results
                .get(unique_id)
                .map(|(status, _)| status.clone())
        })
    }

    /// dbt's message for a node: the last event's, else the artifact's. After --fail-fast they differ.
    pub(super) fn message(&self, unique_id: &str) -> Option<String> {
        self.run_result(unique_id, "message").or_else(|| {
            self.results
                .get(unique_id)
                .and_then(|(_, message)| message.clone())
        })
    }

    fn run_result(&self, unique_id: &str, what: &str) -> Option<String> {
        let event = self.finished(unique_id)?;
        event["data"]["run_result"][what]
            .as_str()
            .map(str::to_owned)
    }

    /// When a node began and ended, where dbt says so.
    pub(super) fn times(&self, unique_id: &str) -> Option<(Timestamp, Timestamp)> {
        if unique_id.starts_with("operation.") {
            let mut lines = self
                .named(&["LogHookStartLine", "LogHookEndLine"])
                .filter(|event| node_of(event) == Some(unique_id))
                .map(|event| timestamp(&event["info"]["ts"]));
            return Some((lines.next()??, lines.next()??));
        }
        let info = &self.finished(unique_id)?["data"]["node_info"];
        Some((
            timestamp(&info["node_started_at"])?,
            timestamp(&info["node_finished_at"])?,
        ))
    }

    /// The same without the exception of an interrupt and its traceback, which are not delivered.
    pub(super) fn without_exception(mut self) -> Self {
        self.events.retain(|event| {
            let name = &event["info"]["name"];
            name != "MainEncounteredError" && name != "MainStackTrace"
        });
        self
    }

    /// Every line of dbt's at info level or above that holds something.
    pub(super) fn lines(&self) -> Vec<Line> {
        self.events
            .iter()
            .filter(|event| {
                ["info", "warn", "error"]
                    .iter()
                    .any(|level| event["info"]["level"] == **level)
            })
            .map(|event| Line {
                at: timestamp(&event["info"]["ts"]).unwrap(),
                message: without_ansi(event["info"]["msg"].as_str().unwrap()),
                node: node_of(event).map(str::to_owned),
            })
            .filter(|line| !line.message.trim().is_empty())
            .collect()
    }

    /// Whether dbt wrote an event of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.named(&[name]).next().is_some()
    }

    /// The id of dbt's process.
    pub(super) fn process_id(&self) -> i32 {
        let pid = self.events.last().unwrap()["info"]["pid"].as_i64().unwrap();
        i32::try_from(pid).unwrap()
    }

    fn named<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Value> {
        self.events
            .iter()
            .filter(move |event| names.iter().any(|name| event["info"]["name"] == **name))
    }

    fn finished(&self, unique_id: &str) -> Option<&Value> {
        self.named(&["NodeFinished"])
            .filter(|event| node_of(event) == Some(unique_id))
            .last()
    }
}

fn results(artifact: &Value) -> BTreeMap<String, (String, Option<String>)> {
    let list = artifact["results"].as_array().unwrap();
    list.iter()
        .map(|result| {
            let text = |key: &str| result[key].as_str().map(str::to_owned);
            (
                text("unique_id").unwrap(),
                (text("status").unwrap(), text("message")),
            )
        })
        .collect()
}

fn node_of(event: &Value) -> Option<&str> {
    event["data"]["node_info"]["unique_id"]
        .as_str()
        .filter(|id| !id.is_empty())
}

/// Reads a time of dbt's; those of nodes carry no zone and are UTC.
fn timestamp(value: &Value) -> Option<Timestamp> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    let has_zone = text.ends_with('Z') || text.contains('+');
    let zoned = if has_zone {
        text.to_owned()
    } else {
        format!("{text}Z")
    };
    Some(zoned.parse().unwrap())
}

fn without_ansi(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    plain
}
