//! Flow runs that a worker starts in containers.

use std::collections::BTreeMap;

use prefect_client::{NewState, StateType, TaskRunFilter};
use uuid::Uuid;

use super::container::{Container, wait_until};
use crate::work_pool::WorkPool;

/// A flow run of a worker.
pub(super) struct FlowRun<'a> {
    pool: &'a WorkPool,
    id: Uuid,
}

impl<'a> FlowRun<'a> {
    pub(super) const fn new(pool: &'a WorkPool, id: Uuid) -> Self {
        Self { pool, id }
    }

    pub(super) const fn id(&self) -> Uuid {
        self.id
    }

    /// Waits for its container.
    #[track_caller]
    pub(super) fn container(&self) -> Container {
        let mut found = None;
        self.wait_until("the container", || {
            found = Container::of_flow_run(self.id);
            found.is_some()
        });
        found.expect("it was found")
    }

    /// The name of its state, and how often it was Running.
    pub(super) fn state(&self) -> (String, u32) {
        let run = self.pool.client.read_flow_run(self.id);
        let run = self.pool.runtime.block_on(run).expect("the flow run");
        (run.state.expect("a state").name, run.run_count)
    }

    /// Waits until it is in a state of this name.
    #[track_caller]
    pub(super) fn wait_for_state(&self, name: &str) {
        self.wait_until(name, || self.state().0 == name);
    }

    /// Waits until it has ended. Fails unless it ended so.
    #[track_caller]
    pub(super) fn ends(&self, name: &str) {
        let ends = ["Completed", "Failed", "Crashed", "Cancelled"];
        self.wait_until("the end", || ends.contains(&&*self.state().0));
        assert_eq!(self.state().0, name, "{}", self.pool.log());
    }

    /// The states of its task runs, by dbt's unique ids; of several attempts, that of the one that began last.
    pub(super) fn nodes(&self) -> BTreeMap<String, String> {
        let mut filter = TaskRunFilter::default();
        filter.flow_run_ids.push(self.id);
        let runs = self.pool.client.filter_task_runs(&filter);
        let mut runs = self.pool.runtime.block_on(runs).expect("its task runs");
        runs.sort_by_key(|run| run.start_time);
        // The server has a task run for a moment without its state.
        let state = |run: prefect_client::TaskRun| Some((run.task_key, run.state?.name));
        runs.into_iter().filter_map(state).collect()
    }

    /// Waits until a node is running.
    #[track_caller]
    pub(super) fn wait_for_node(&self, unique_id: &str) {
        let running = |state: &String| state == "Running";
        self.wait_until("the node", || {
            self.nodes().get(unique_id).is_some_and(running)
        });
    }

    /// Waits until these nodes are in these states.
    #[track_caller]
    pub(super) fn has_nodes(&self, expected: &[(&str, &str)]) {
        let is_so = || {
            let nodes = self.nodes();
            let state =
                |(node, state): &(&str, &str)| nodes.get(*node).is_some_and(|is| is == state);
            expected.iter().all(state)
        };
        self.wait_until(&format!("{expected:?} of {:?}", self.nodes()), is_so);
    }

    /// Waits until every node has ended.
    #[track_caller]
    pub(super) fn has_no_open_nodes(&self) {
        let open = || self.nodes().into_values().any(|state| state == "Running");
        self.wait_until("the end of every node", || !open());
    }

    /// Asks for its cancellation, as the button in Prefect's pages does.
    pub(super) fn cancel(&self) {
        let state = NewState::new(StateType::Cancelling);
        let set = self.pool.client.set_flow_run_state(self.id, &state, false);
        self.pool
            .runtime
            .block_on(set)
            .expect("the server takes it");
    }

    /// Waits until something is so.
    #[track_caller]
    pub(super) fn wait_until(&self, what: &str, is_so: impl FnMut() -> bool) {
        let container = || docker_log(self.id);
        wait_until(is_so, || {
            format!("{what} never happened\n{}{}", self.pool.log(), container())
        });
    }
}

/// What the container of a flow run printed.
fn docker_log(id: Uuid) -> String {
    Container::of_flow_run(id).map_or_else(String::new, |container| container.log())
}
