//! What the server recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use prefect_client::{
    FlowRun, FlowRunFilter, LogFilter, State, StateType, StoredLog, TaskRun, TaskRunFilter,
};

use super::server::ask;

const PAGE: u32 = 200;
const POLL: Duration = Duration::from_millis(200);
/// The recorder of a busy server on SQLite takes its time.
const LIMIT: Duration = Duration::from_secs(180);
const ENDED: [StateType; 4] = [
    StateType::Completed,
    StateType::Failed,
    StateType::Crashed,
    StateType::Cancelled,
];

/// A flow run, its task runs by dbt's unique id, and its logs.
pub(super) struct Recorded {
    pub(super) flow_run: FlowRun,
    pub(super) task_runs: Vec<TaskRun>,
}

impl Recorded {
    /// Whether there is a flow run of this name.
    pub(super) fn exists(name: &str) -> bool {
        !flow_runs(name).is_empty()
    }

    /// Reads the one flow run of this name, once it has this many task runs that have ended, or after some minutes.
    pub(super) fn wait_for(name: &str, task_runs: usize) -> Self {
        let mut found = flow_runs(name);
        assert_eq!(found.len(), 1, "flow runs named {name}");
        let mut recorded = Self {
            flow_run: found.remove(0),
            task_runs: Vec::new(),
        };
        let deadline = Instant::now() + LIMIT;
        while recorded.ended() < task_runs && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        recorded.task_runs = recorded.read_task_runs();
        recorded
    }

    /// The state of the flow run.
    pub(super) fn flow_state(&self) -> &State {
        self.flow_run.state.as_ref().unwrap()
    }

    /// The task run of a node; exactly one.
    #[track_caller]
    pub(super) fn of(&self, unique_id: &str) -> &TaskRun {
        let mut runs = self
            .task_runs
            .iter()
            .filter(|run| run.task_key == unique_id);
        let run = runs
            .next()
            .unwrap_or_else(|| panic!("no task run of {unique_id}"));
        assert!(runs.next().is_none(), "several task runs of {unique_id}");
        run
    }

    /// The unique ids of the nodes that a task run waited for.
    pub(super) fn upstream(&self, run: &TaskRun) -> BTreeSet<String> {
        let by_id: BTreeMap<String, &str> = self
            .task_runs
            .iter()
            .map(|run| (run.id.to_string(), run.task_key.as_str()))
            .collect();
        let inputs = run
            .task_inputs
            .get("wait_for")
            .map(Vec::as_slice)
            .unwrap_or_default();
        inputs
            .iter()
            .map(|input| {
                let id = input["id"].as_str().unwrap();
                by_id
                    .get(id)
                    .map_or(format!("nothing known: {id}"), |key| (*key).to_owned())
            })
            .collect()
    }

    /// Every log line, once there are this many, or after some minutes.
    pub(super) fn logs(&self, at_least: usize) -> Vec<StoredLog> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let logs = self.read_logs();
            if logs.len() >= at_least || Instant::now() > deadline {
                return logs;
            }
            std::thread::sleep(POLL);
        }
    }

    fn ended(&self) -> usize {
        let mut filter = TaskRunFilter::default();
        filter.flow_run_ids.push(self.flow_run.id);
        filter.state_types.extend(ENDED);
        let count = ask(async |client| client.count_task_runs(&filter).await).unwrap();
        usize::try_from(count).unwrap()
    }

    fn read_task_runs(&self) -> Vec<TaskRun> {
        let mut filter = TaskRunFilter::default();
        filter.flow_run_ids.push(self.flow_run.id);
        filter.limit = Some(PAGE);
        let runs = ask(async |client| client.filter_task_runs(&filter).await).unwrap();
        assert!(runs.len() < PAGE as usize, "the tests' project fits a page");
        runs
    }

    fn read_logs(&self) -> Vec<StoredLog> {
        let mut filter = LogFilter::default();
        filter.flow_run_ids.push(self.flow_run.id);
        filter.limit = Some(PAGE);
        let mut logs = Vec::new();
        loop {
            let page = ask(async |client| client.filter_logs(&filter).await).unwrap();
            let is_last = page.len() < PAGE as usize;
            logs.extend(page);
            if is_last {
                return logs;
            }
            filter.offset += PAGE;
        }
    }
}

/// The flow runs of this name.
fn flow_runs(name: &str) -> Vec<FlowRun> {
    let mut by_name = FlowRunFilter::default();
    by_name.names.push(name.to_owned());
    ask(async |client| client.filter_flow_runs(&by_name).await).unwrap()
}
