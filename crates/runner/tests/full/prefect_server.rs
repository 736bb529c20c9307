//! The Prefect server of the tests, and what it has.

use std::collections::BTreeMap;

use prefect_client::{
    Client, EventFilter, FlowRun, FlowRunFilter, Request, Settings, StateType, TaskRunFilter,
};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::variable;
use super::victim::wait_until;

/// The server.
pub(super) struct PrefectServer {
    pub(super) api: String,
    pub(super) client: Client,
    runtime: Runtime,
}

/// The states that a task run had, and how often it was Running.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TaskStates {
    pub(super) states: Vec<String>,
    pub(super) run_count: u64,
}

impl PrefectServer {
    pub(super) fn new() -> Self {
        let api = variable("PREFECT_DBT_TEST_API");
        let runtime = Builder::new_current_thread().enable_all().build();
        Self {
            client: Client::new(&Settings::with_api_url(&api)).expect("a client"),
            runtime: runtime.expect("a runtime"),
            api,
        }
    }

    /// The answer to a call of the API.
    pub(super) fn ask<T>(&self, call: impl Future<Output = Result<T, prefect_client::Error>>) -> T {
        self.runtime.block_on(call).expect("the server answers")
    }

    pub(super) fn flow_run_named(&self, name: &str) -> Option<FlowRun> {
        let filter = FlowRunFilter::default().with_names([name.to_owned()]);
        let found = self.ask(self.client.filter_flow_runs(&filter));
        found.into_iter().next()
    }

    /// The name of the state of a flow run.
    pub(super) fn state(&self, flow_run: Uuid) -> String {
        let run = self.ask(self.client.read_flow_run(flow_run));
        run.state.expect("a state").name
    }

    /// The number of task runs of a flow run that have not ended.
    pub(super) fn open_task_runs(&self, flow_run: Uuid) -> u64 {
        let open = [StateType::Pending, StateType::Running, StateType::Scheduled];
        let filter = TaskRunFilter::default()
            .with_flow_run_ids([flow_run])
            .with_state_types(open);
        self.ask(self.client.count_task_runs(&filter))
    }

    /// The states of each task run of a flow run, in their order, by dbt's unique ids.
    pub(super) fn nodes(&self, flow_run: Uuid) -> BTreeMap<String, TaskStates> {
        let filter = TaskRunFilter::default().with_flow_run_ids([flow_run]);
        let runs = self.ask(self.client.filter_task_runs(&filter)).into_iter();
        let nodes = runs.map(|run| (run.task_key, self.task_states(run.id)));
        nodes.collect()
    }

    fn task_states(&self, id: Uuid) -> TaskStates {
        let read = |path: String| -> Value {
            self.ask(async { self.client.send(&Request::get(path)).await })
        };
        let states = read(format!("/task_run_states/?task_run_id={id}"));
        let states = states.as_array().expect("states").iter();
        let name = |state: &Value| state["name"].as_str().expect("a name").to_owned();
        let run = read(format!("/task_runs/{id}"));
        TaskStates {
            states: states.map(name).collect(),
            run_count: run["run_count"].as_u64().expect("a number"),
        }
    }

    /// The events about the assets of a flow run, once there are this many: what happened, and to which asset.
    pub(super) fn asset_events(&self, flow_run: Uuid, at_least: usize) -> Vec<(String, String)> {
        let filter = EventFilter::default()
            .with_prefixes(["prefect.asset.materialization.".to_owned()])
            .with_any_resource_ids([format!("prefect.flow-run.{flow_run}")]);
        let mut events = Vec::new();
        wait_until("the events of the assets", || {
            events = self.ask(self.client.filter_events(&filter));
            events.len() >= at_least
        });
        let of = |event: prefect_client::StoredEvent| {
            (event.event, event.resource["prefect.resource.id"].clone())
        };
        let mut events: Vec<_> = events.into_iter().map(of).collect();
        events.sort();
        events
    }
}
