//! What Prefect's Python class leaves on the server for the use that a sample shows, as recorded, and what the sample leaves.

use std::collections::BTreeSet;

use prefect_client::{Client, EventFilter, FlowRunFilter, Settings};
use prefect_dbt::events::strip_ansi;
use serde::Deserialize;
use tokio::runtime::Builder;

use super::recorded::Recorded;

/// Lines that repeat states, that say what a retry runs, that depend on what dbt has parsed before, and those of Prefect's engine
/// for flows in Python, which are not in the recording.
const NOT_COMPARED: [&str; 6] = [
    "Finished in state",
    "dbt retry runs",
    "Unable to do partial parsing",
    "Beginning flow run",
    "Encountered exception",
    "Received non-final state",
];

/// Type, name and message.
type State = (String, String, String);

/// What a Python program did.
#[derive(Debug, Deserialize)]
pub(super) struct Sample {
    pub(super) succeeded: bool,
    /// The lines that its hooks printed.
    pub(super) printed: Vec<String>,
    /// `None` if it ran outside of a flow.
    pub(super) left: Option<Left>,
}

impl Sample {
    /// The recording of a use.
    pub(super) fn of(name: &str) -> Self {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../testdata/fixtures/python-runner/samples.json"
        );
        let mut all: serde_json::Value =
            serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
        serde_json::from_value(all[name].take()).unwrap()
    }
}

/// What there is of a flow run, without ids, times and numbers.
#[derive(Debug, Deserialize)]
pub(super) struct Left {
    state: State,
    run_count: u32,
    /// Name, state and the names of its upstream task runs.
    task_runs: Vec<(String, State, BTreeSet<String>)>,
    /// Level, text and task run.
    logs: BTreeSet<(u8, String, Option<String>)>,
    /// The events of assets: name and asset.
    assets: BTreeSet<(String, String)>,
    artifacts: Vec<String>,
}

impl Left {
    /// Reads the one flow run of a flow.
    pub(super) fn read(api: &str, flow: &str) -> Self {
        let client = Client::new(&Settings::with_api_url(api)).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut filter = FlowRunFilter::default();
        filter.flow_names.push(flow.to_owned());
        let run = runtime
            .block_on(client.filter_flow_runs(&filter))
            .unwrap()
            .remove(0);
        let recorded = Recorded::wait_for(&run.name, 0);
        let name_of = |id| {
            let mut runs = recorded.task_runs.iter();
            runs.find(|run| run.id == id).map(|run| run.name.clone())
        };
        let task_runs = recorded.task_runs.iter().map(|run| {
            let upstream = run.task_inputs.get("wait_for").into_iter().flatten();
            let upstream =
                upstream.filter_map(|input| name_of(input["id"].as_str()?.parse().ok()?));
            (
                run.name.clone(),
                state(run.state.as_ref()),
                upstream.collect(),
            )
        });
        let logs = recorded.logs(0).into_iter().map(|log| {
            let task = log.task_run_id.and_then(name_of);
            (log.level, plain(&log.message), task)
        });
        let mut events = EventFilter::default();
        events.prefixes.push("prefect.asset.".to_owned());
        events
            .related_ids
            .push(format!("prefect.flow-run.{}", run.id));
        let events = runtime.block_on(client.filter_events(&events)).unwrap();
        let assets = events
            .into_iter()
            .map(|event| (event.event, event.resource["prefect.resource.id"].clone()));
        let graph = runtime
            .block_on(client.read_flow_run_graph(run.id))
            .unwrap();
        let artifacts = graph["artifacts"].as_array().unwrap().iter();
        Self {
            state: state(recorded.flow_run.state.as_ref()),
            run_count: recorded.flow_run.run_count,
            task_runs: task_runs.collect(),
            logs: logs.collect(),
            assets: assets.collect(),
            artifacts: artifacts
                .filter_map(|artifact| Some(artifact["key"].as_str()?.to_owned()))
                .collect(),
        }
    }

    pub(super) fn attempts(&self) -> usize {
        usize::try_from(self.run_count).unwrap_or(usize::MAX)
    }

    pub(super) fn task_runs(&self) -> usize {
        self.task_runs.len()
    }

    pub(super) fn edges(&self) -> usize {
        self.task_runs
            .iter()
            .map(|(.., upstream)| upstream.len())
            .sum()
    }

    pub(super) fn assets(&self) -> usize {
        self.assets.len()
    }

    /// The differences from what Python left that COMPATIBILITY.md does not list.
    pub(super) fn unexplained(&self, python: &Self) -> Vec<String> {
        let mut found = self.other_ends(python);
        found.extend(self.other_task_runs(python));
        found.extend(self.other_logs(python));
        found.extend(self.other_assets(python));
        // Ours has a summary.
        let lost = python.artifacts.iter();
        let lost = lost.filter(|key| !self.artifacts.contains(key));
        found.extend(lost.map(|key| format!("no artifact {key}")));
        found
    }

    /// The message of a failure begins with the name of an exception in Python, and is that of a run without failure in ours, too,
    /// if failures are accepted.
    fn other_ends(&self, python: &Self) -> Vec<String> {
        let [our_message, message] = [self, python]
            .map(|left| left.state.2.split("ValueError: ").last())
            .map(Option::unwrap_or_default);
        let [ours, theirs] =
            [self, python].map(|left| (&left.state.0, &left.state.1, left.run_count));
        let is_same = ours == theirs && (message.is_empty() || our_message == message);
        let difference = || format!("ends {:?}, in Python {:?}", self.state, python.state);
        (!is_same).then(difference).into_iter().collect()
    }

    /// Skipped nodes and SQL hooks have task runs only in ours, a reason follows the message of a failed one, and no edge is
    /// lost.
    fn other_task_runs(&self, python: &Self) -> Vec<String> {
        let comparable =
            |(name, (kind, state, message), upstream): &(String, State, BTreeSet<String>)| {
                let state = if state == "Warned" {
                    "Completed"
                } else {
                    state
                };
                let first = message.lines().next().unwrap_or_default();
                let first = if kind == "COMPLETED" { "" } else { first };
                let end = (kind.clone(), state.to_owned(), first.to_owned());
                (name.clone(), end, upstream.clone())
            };
        let ours: Vec<_> = self.task_runs.iter().map(comparable).collect();
        let theirs: Vec<_> = python.task_runs.iter().map(comparable).collect();
        let lost = theirs.iter().filter(|(name, end, upstream)| {
            let is_same = |(our, our_end, ours): &&(String, State, BTreeSet<String>)| {
                our == name && our_end == end && upstream.is_subset(ours)
            };
            !ours.iter().any(|our| is_same(&our)) && !self.skipped().contains(name.as_str())
        });
        let more = ours.iter().filter(|(name, end, _)| {
            let is_same = theirs
                .iter()
                .any(|(their, their_end, _)| their == name && their_end == end);
            !is_same && end.1 != "Skipped" && !is_only_ours(name)
        });
        let lost = lost.map(|run| format!("only in Python: {run:?}"));
        lost.chain(more.map(|run| format!("only in ours: {run:?}")))
            .collect()
    }

    /// The names of the skipped task runs.
    fn skipped(&self) -> BTreeSet<&str> {
        let skipped = self
            .task_runs
            .iter()
            .filter(|(_, state, _)| state.1 == "Skipped");
        skipped.map(|(name, ..)| name.as_str()).collect()
    }

    /// The lines of SQL hooks and exposures belong to the flow run in Python, and those of skipped nodes are not there.
    fn other_logs(&self, python: &Self) -> Vec<String> {
        let skipped = self.skipped();
        let comparable = |left: &Self| -> BTreeSet<(u8, String, Option<String>)> {
            let lines = left.logs.iter().filter(|(_, text, task)| {
                let is_skipped = task.as_deref().is_some_and(|task| skipped.contains(task));
                !is_skipped && !NOT_COMPARED.iter().any(|start| text.starts_with(start))
            });
            let of_flow_run =
                |task: &Option<String>| task.clone().filter(|task| !is_only_ours(task));
            lines
                .map(|(level, text, task)| (*level, text.clone(), of_flow_run(task)))
                .collect()
        };
        let [ours, theirs] = [self, python].map(comparable);
        let lost = theirs.difference(&ours);
        let lost = lost.map(|line| format!("only in Python: {line:?}"));
        let more = ours.difference(&theirs);
        lost.chain(more.map(|line| format!("only in ours: {line:?}")))
            .collect()
    }

    /// A skipped node has no asset event, and refers to none.
    fn other_assets(&self, python: &Self) -> Vec<String> {
        let of_skipped = |(_, key): &&(String, String)| {
            let name = key.rsplit('/').next().unwrap_or_default();
            let is_upstream = |(_, state, upstream): &(String, State, BTreeSet<String>)| {
                state.1 == "Skipped" && upstream.iter().any(|upstream| upstream.ends_with(name))
            };
            self.skipped().iter().any(|skipped| skipped.ends_with(name))
                || self.task_runs.iter().any(is_upstream)
        };
        let lost = python
            .assets
            .difference(&self.assets)
            .filter(|asset| !of_skipped(asset));
        let lost = lost.map(|asset| format!("only in Python: {asset:?}"));
        let more = self.assets.difference(&python.assets);
        lost.chain(more.map(|asset| format!("only in ours: {asset:?}")))
            .collect()
    }
}

/// Whether it is the name of a task run that Python has none for: of a SQL hook or an exposure.
fn is_only_ours(name: &str) -> bool {
    name.starts_with("operation ") || name.starts_with("exposure ")
}

fn state(state: Option<&prefect_client::State>) -> State {
    let state = state.unwrap();
    let kind = serde_json::to_value(state.kind).unwrap();
    let message = state.message.as_deref().unwrap_or_default();
    (
        kind.as_str().unwrap().to_owned(),
        state.name.clone(),
        plain(message),
    )
}

/// A text without colours, numbers and rows of dots, which differ from run to run.
pub(super) fn plain(text: &str) -> String {
    let text = strip_ansi(text);
    let mut plain = String::new();
    let mut rest = &*text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '0'..='9' => number(rest),
            '.' => rest.len() - rest.trim_start_matches('.').len(),
            c => c.len_utf8(),
        };
        match c {
            '0'..='9' => plain.push('#'),
            '.' if length > 3 => plain.push_str("..."),
            _ => plain.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    plain
}

/// The length of the number, with its fraction, that a text begins with.
fn number(text: &str) -> usize {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let whole = digits(text);
    match text[whole..].strip_prefix('.').map(digits) {
        None | Some(0) => whole,
        Some(fraction) => whole + 1 + fraction,
    }
}
