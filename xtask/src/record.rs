//! What a Prefect server recorded of a run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use prefect_client::{Client, FlowRun, FlowRunFilter, Settings, StateType, TaskRun, TaskRunFilter};
use serde_json::Value;
use uuid::Uuid;

/// The largest page that the server returns.
const PAGE: u32 = 200;
const POLL: Duration = Duration::from_millis(250);
const ENDED: [StateType; 4] = [
    StateType::Completed,
    StateType::Failed,
    StateType::Crashed,
    StateType::Cancelled,
];

/// A flow run with its task runs.
pub(crate) struct Record {
    pub(crate) flow_run: FlowRun,
    pub(crate) task_runs: Vec<TaskRun>,
}

impl Record {
    /// Number of dependencies between task runs.
    pub(crate) fn edges(&self) -> usize {
        self.task_runs.iter().map(|run| upstream(run).count()).sum()
    }

    /// How many task runs there are in each state, by the state's name.
    pub(crate) fn states(&self) -> BTreeMap<&str, usize> {
        let mut states = BTreeMap::new();
        for run in &self.task_runs {
            let name = run.state.as_ref().map_or("no state", |state| &state.name);
            *states.entry(name).or_default() += 1;
        }
        states
    }
}

/// Ids of the task runs that a task run waited for.
fn upstream(run: &TaskRun) -> impl Iterator<Item = &str> {
    run.task_inputs
        .iter()
        .filter(|(name, _)| *name != "__parents__")
        .flat_map(|(_, inputs)| inputs)
        .filter_map(|input| input["id"].as_str())
}

/// Reads records from one server.
pub(crate) struct Reader {
    client: Client,
    runtime: tokio::runtime::Runtime,
}

/// After this time without a new record, the server has recorded everything.
const SETTLED: Duration = Duration::from_secs(5);

impl Reader {
    pub(crate) fn new(api: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = Client::new(&Settings::with_api_url(api))?;
        Ok(Self { client, runtime })
    }

    /// The flow run of this name, as soon as `expected` of its task runs have ended, or after `limit`.
    pub(crate) fn wait_for(
        &self,
        flow_run: &str,
        expected: usize,
        limit: Duration,
    ) -> Result<Record> {
        let flow_run = self.flow_run(flow_run)?;
        let deadline = Instant::now() + limit;
        while self.ended(flow_run.id)? < expected && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        let task_runs = self.task_runs(flow_run.id)?;
        Ok(Record {
            flow_run,
            task_runs,
        })
    }

    /// The flow run of this name, as soon as the server records nothing new, or after `limit`.
    pub(crate) fn wait_until_settled(&self, flow_run: &str, limit: Duration) -> Result<Record> {
        let flow_run_id = self.flow_run(flow_run)?.id;
        let deadline = Instant::now() + limit;
        let (mut seen, mut since) = (self.ended(flow_run_id)?, Instant::now());
        while since.elapsed() < SETTLED && Instant::now() < deadline {
            std::thread::sleep(POLL);
            let now = self.ended(flow_run_id)?;
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
        self.wait_for(flow_run, 0, limit)
    }

    /// The URL of a flow run's page.
    pub(crate) fn page(&self, flow_run: Uuid) -> Option<String> {
        self.client.settings().flow_run_page(flow_run)
    }

    fn flow_run(&self, name: &str) -> Result<FlowRun> {
        let mut filter = FlowRunFilter::default();
        filter.names.push(name.to_owned());
        let mut found = self
            .runtime
            .block_on(self.client.filter_flow_runs(&filter))?;
        match (found.pop(), found.is_empty()) {
            (Some(run), true) => Ok(run),
            (Some(_), false) => bail!("the server has several flow runs named `{name}`"),
            (None, _) => bail!("the server has no flow run named `{name}`"),
        }
    }

    fn ended(&self, flow_run: Uuid) -> Result<usize> {
        let mut filter = TaskRunFilter::default();
        filter.flow_run_ids.push(flow_run);
        filter.state_types.extend(ENDED);
        let count = self
            .runtime
            .block_on(self.client.count_task_runs(&filter))?;
        Ok(usize::try_from(count)?)
    }

    fn task_runs(&self, flow_run: Uuid) -> Result<Vec<TaskRun>> {
        let mut filter = TaskRunFilter::default();
        filter.flow_run_ids.push(flow_run);
        filter.limit = Some(PAGE);
        let mut runs = Vec::new();
        loop {
            let page = self
                .runtime
                .block_on(self.client.filter_task_runs(&filter))?;
            let is_last = page.len() < PAGE as usize;
            runs.extend(page);
            if is_last {
                return Ok(runs);
            }
            filter.offset += PAGE;
        }
    }
}

/// The number of results in a project's run_results.json.
pub(crate) fn result_count(project: &Path) -> Result<usize> {
    let path = project.join("target").join("run_results.json");
    let results: Value = serde_json::from_slice(&fs_err::read(&path)?)?;
    let list = results["results"].as_array();
    Ok(list
        .with_context(|| format!("{} lists no results", path.display()))?
        .len())
}
