//! All that a server holds of one flow run, without the ids that no two runs share.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use prefect_client::{EventFilter, StoredEvent};
use serde_json::Value;
use uuid::Uuid;

use super::recorded::Recorded;
use super::server::ask;

/// The recorder of a busy server takes its time, and events are written every five seconds.
const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(300);

/// A state: type, name and message.
type State = (String, String, Option<String>);

/// What there is of a flow run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    state: State,
    /// The types of all its states, in order.
    history: Vec<String>,
    run_count: u32,
    artifacts: Vec<String>,
    task_runs: BTreeMap<String, TaskRecord>,
    /// Level, time, text and node of each line, in the order of time; the program's own lines have no time.
    logs: Vec<(u8, Option<Timestamp>, String, Option<String>)>,
    /// The events of assets: name, asset, node, what they are related to, and the payload.
    assets: BTreeMap<(String, String), (String, BTreeSet<String>, String)>,
    /// How many events of assets there are.
    asset_events: usize,
}

/// What there is of a task run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TaskRecord {
    name: String,
    state: State,
    times: (Option<Timestamp>, Option<Timestamp>),
    upstream: BTreeSet<String>,
    labels: String,
    tags: Vec<String>,
}

impl Record {
    /// Reads until the record is as expected, or for some minutes; the recorded run began at `began`.
    pub(super) fn wait_for(flow_run: &str, began: Timestamp, expected: &Self) -> Self {
        let deadline = Instant::now() + LIMIT;
        loop {
            let record = Self::read(flow_run, began, expected.task_runs.len());
            if record == *expected || Instant::now() > deadline {
                return record;
            }
            std::thread::sleep(POLL);
        }
    }

    /// Reads the record of a run with this many nodes and asset events, once the server has them.
    pub(super) fn of_whole_run(
        flow_run: &str,
        began: Timestamp,
        nodes: usize,
        asset_events: usize,
    ) -> Self {
        let deadline = Instant::now() + LIMIT;
        loop {
            let record = Self::read(flow_run, began, nodes);
            if record.asset_events >= asset_events {
                return record;
            }
            assert!(
                Instant::now() < deadline,
                "{} events of assets instead of {asset_events}",
                record.asset_events
            );
            std::thread::sleep(POLL);
        }
    }

    fn read(flow_run: &str, began: Timestamp, nodes: usize) -> Self {
        let recorded = Recorded::wait_for(flow_run, nodes);
        let keys: BTreeMap<_, _> = recorded
            .task_runs
            .iter()
            .map(|run| (run.id, run.task_key.clone()))
            .collect();
        let minute = began..began + SignedDuration::from_secs(60);
        let mut logs: Vec<_> = recorded
            .logs(0)
            .into_iter()
            .map(|log| {
                let at = minute.contains(&log.timestamp).then_some(log.timestamp);
                let node = log.task_run_id.map(|id| {
                    keys.get(&id)
                        .cloned()
                        .unwrap_or_else(|| "a task run that is not there".to_owned())
                });
                (log.level, at, log.message, node)
            })
            .collect();
        logs.sort_by(|a, b| (a.1, &a.2).cmp(&(b.1, &b.2)));
        let (history, artifacts) = graph(recorded.flow_run.id);
        let events = asset_events(recorded.flow_run.id);
        let task_runs = recorded
            .task_runs
            .iter()
            .map(|run| {
                let task = TaskRecord {
                    name: run.name.clone(),
                    state: state(run.state.as_ref()),
                    times: (run.start_time, run.end_time),
                    upstream: recorded.upstream(run),
                    labels: Value::from(run.labels.clone().unwrap_or_default()).to_string(),
                    tags: run.tags.clone(),
                };
                (run.task_key.clone(), task)
            })
            .collect::<BTreeMap<_, _>>();
        assert_eq!(
            task_runs.len(),
            recorded.task_runs.len(),
            "a node has several task runs"
        );
        Self {
            state: state(recorded.flow_run.state.as_ref()),
            history,
            run_count: recorded.flow_run.run_count,
            artifacts,
            task_runs,
            logs,
            asset_events: events.len(),
            assets: events.iter().map(|event| asset(event, &keys)).collect(),
        }
    }
}

impl Record {
    /// The lines in which the two differ, for people.
    pub(super) fn difference(&self, expected: &Self) -> String {
        let [ours, theirs] = [self, expected].map(|record| format!("{record:#?}"));
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let [found, wanted] = [lines(&ours), lines(&theirs)];
        format!(
            "too much: {:#?}\nmissing: {:#?}\nevents of assets: {} for {}, lines of log: {} for {}",
            found.difference(&wanted).collect::<Vec<_>>(),
            wanted.difference(&found).collect::<Vec<_>>(),
            self.asset_events,
            expected.asset_events,
            self.logs.len(),
            expected.logs.len(),
        )
    }
}

fn state(state: Option<&prefect_client::State>) -> State {
    let state = state.unwrap();
    let kind = serde_json::to_value(state.kind).unwrap();
    (
        kind.as_str().unwrap().to_owned(),
        state.name.clone(),
        state.message.clone(),
    )
}

/// An event of an asset, with its node in place of its task run.
fn asset(
    event: &StoredEvent,
    keys: &BTreeMap<Uuid, String>,
) -> ((String, String), (String, BTreeSet<String>, String)) {
    let mut node = String::new();
    let mut related = BTreeSet::new();
    for resource in &event.related {
        let id = &resource["prefect.resource.id"];
        if let Some(task_run) = id.strip_prefix("prefect.task-run.") {
            let found = task_run.parse().ok().and_then(|id| keys.get(&id));
            node = found.cloned().unwrap_or_else(|| id.clone());
        } else if !id.starts_with("prefect.flow") {
            related.insert(id.clone());
        }
    }
    let key = event.resource["prefect.resource.id"].clone();
    let payload = Value::from(event.payload.clone()).to_string();
    ((event.event.clone(), key), (node, related, payload))
}

/// The types of a flow run's states, and the keys of its artifacts. A ledger has no key.
fn graph(flow_run: Uuid) -> (Vec<String>, Vec<String>) {
    let graph = ask(async |client| client.read_flow_run_graph(flow_run).await).unwrap();
    let texts = |list: &str, field: &str| {
        let list = graph[list].as_array().unwrap();
        list.iter()
            .filter_map(|one| Some(one[field].as_str()?.to_owned()))
            .collect()
    };
    (texts("states", "type"), texts("artifacts", "key"))
}

/// The events of the assets of a flow run.
pub(super) fn asset_events(flow_run: Uuid) -> Vec<StoredEvent> {
    let mut filter = EventFilter::default();
    filter.prefixes.push("prefect.asset.".to_owned());
    filter
        .related_ids
        .push(format!("prefect.flow-run.{flow_run}"));
    ask(async |client| client.filter_events(&filter).await).unwrap()
}
