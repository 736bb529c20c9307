//! Dead runs are closed, whatever became of their disk. Those that live, wait, or are of other programs are not.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prefect_client::{
    Client, Event, EventFilter, FlowRunFilter, NewFlow, NewFlowRun, NewState, Resource, Settings,
    StateType, TaskRunFilter,
};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::environment::TestEnvironment;
use super::project::{Finished, bare_program};
use super::stand_in::{StandIn, a_minute_ago};
use super::victim::{Victim, wait_until};
use super::workshop::{BASE, FLAKY, Workshop};

const ENDLESS: &str =
    "select sum(hash(a.range + b.range)) as id from range(10000000) as a, range(10000000) as b";

const HEARTBEAT: &str = "prefect.flow-run.heartbeat";
/// How flow runs end whose task runs stay open. The server itself closes those of a cancelled one.
const ENDS: [StateType; 3] = [StateType::Completed, StateType::Failed, StateType::Crashed];
/// How far the clocks of some machines are ahead, in seconds.
const CLOCKS: [i64; 3] = [0, 120, -120];

/// A flow, and the server.
struct Scene {
    client: Client,
    runtime: Runtime,
    flow: String,
    flow_id: Uuid,
}

impl Scene {
    fn new() -> Self {
        let api = TestEnvironment::from_env().api;
        let client = Client::new(&Settings::with_api_url(&api)).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let flow = format!("sweep-{}", Uuid::now_v7());
        let created = runtime.block_on(client.create_flow(&NewFlow::new(&flow)));
        Self {
            client,
            runtime,
            flow,
            flow_id: created.unwrap().id,
        }
    }

    /// A flow run with these labels, taken to these states.
    fn run(&self, labels: &Labels, states: &[NewState]) -> Uuid {
        self.runtime.block_on(async {
            let mut run = NewFlowRun::new(self.flow_id);
            run.labels.clone_from(labels);
            let id = self.client.create_flow_run(&run).await.unwrap().id;
            for state in states {
                let set = self.client.set_flow_run_state(id, state, true);
                set.await.unwrap();
            }
            id
        })
    }

    fn running(&self, labels: &Labels) -> Uuid {
        self.run(labels, &[NewState::new(StateType::Running)])
    }

    /// A running task run in a flow run: a node of dbt, or something else.
    fn task_run(&self, flow_run: Uuid, is_node: bool) -> Uuid {
        let (id, now) = (Uuid::now_v7(), Timestamp::now());
        let labels = match is_node {
            true => json!({ "dbt.unique_id": "model.shop.orders" }),
            false => json!({}),
        };
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let resource = Resource::from([
            label("prefect.resource.id", &format!("prefect.task-run.{id}")),
            label("prefect.orchestration", "client"),
            label("prefect.state-type", "RUNNING"),
        ]);
        let mut event = Event::new(Uuid::now_v7(), now, "prefect.task-run.Running", resource);
        event.related.push(Resource::from([
            label(
                "prefect.resource.id",
                &format!("prefect.flow-run.{flow_run}"),
            ),
            label("prefect.resource.role", "flow-run"),
        ]));
        event.payload = json!({
            "validated_state": { "type": "RUNNING", "name": "Running", "message": null,
                "state_details": {}, "data": null },
            "task_run": { "name": "orders", "task_key": "orders", "dynamic_key": id,
                "labels": labels, "run_count": 1, "start_time": now },
        });
        let event = event.validate().unwrap();
        self.runtime
            .block_on(self.client.create_events(&[event]))
            .unwrap();
        wait_until("the recorded task run", || {
            self.task_kind(id) == Some(StateType::Running)
        });
        id
    }

    fn task_kind(&self, id: Uuid) -> Option<StateType> {
        let mut filter = TaskRunFilter::default();
        filter.ids.push(id);
        let found = self.runtime.block_on(self.client.filter_task_runs(&filter));
        let run = found.unwrap().into_iter().next()?;
        Some(run.state?.kind)
    }

    fn kind(&self, id: Uuid) -> StateType {
        let run = self.runtime.block_on(self.client.read_flow_run(id));
        run.unwrap().state.unwrap().kind
    }

    /// Waits until the server has stored its own event of a flow run.
    fn wait_for_event(&self, flow_run: Uuid, name: &str) {
        let mut filter = EventFilter::default();
        filter.prefixes.push(name.to_owned());
        filter
            .resource_ids
            .push(format!("prefect.flow-run.{flow_run}"));
        wait_until("the stored event", || {
            let found = self
                .runtime
                .block_on(self.client.read_newest_event(&filter));
            found.unwrap().is_some()
        });
    }

    /// A heartbeat by a clock that is this many seconds ahead.
    fn heartbeat(&self, flow_run: Uuid, ahead: i64) {
        let id = format!("prefect.flow-run.{flow_run}");
        let resource = Resource::from([("prefect.resource.id".to_owned(), id)]);
        let at = Timestamp::now() + SignedDuration::from_secs(ahead);
        let event = Event::new(Uuid::now_v7(), at, HEARTBEAT, resource);
        let event = event.validate().unwrap();
        self.runtime
            .block_on(self.client.create_events(&[event]))
            .unwrap();
    }

    /// The labels that the program gives a flow run, of a process that is gone.
    fn labels(&self) -> Labels {
        let project = StandIn::recorded("good", a_minute_ago(), 0, Duration::ZERO);
        let options = ["--flow-name", &self.flow];
        let api = TestEnvironment::from_env().api;
        Finished::of(&mut project.build(&api, "labels", &options)).exits_with(0);
        let mut filter = FlowRunFilter::default();
        filter.flow_ids.push(self.flow_id);
        let mut found = self
            .runtime
            .block_on(self.client.filter_flow_runs(&filter))
            .unwrap();
        let labels = found.pop().unwrap().labels.unwrap();
        labels
            .into_iter()
            .filter(|(name, _)| name.starts_with("prefect-dbt."))
            .collect()
    }

    fn sweep(&self, options: &[&str]) -> Command {
        let mut command = bare_program();
        command
            .env("PREFECT_API_URL", TestEnvironment::from_env().api)
            .env("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")
            .args(["sweep", "--flow-name", &self.flow])
            .args(options);
        command
    }
}

type Labels = BTreeMap<String, Value>;

fn with(labels: &Labels, changes: &[(&str, Value)]) -> Labels {
    let mut labels = labels.clone();
    for (name, value) in changes {
        labels.insert(format!("prefect-dbt.{name}"), value.clone());
    }
    labels
}

/// When this process started, in clock ticks.
fn own_start() -> u64 {
    let stat = fs_err::read_to_string("/proc/self/stat").unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    rest.split(' ').nth(19).unwrap().parse().unwrap()
}

/// As many of each kind as this variable says; one of each otherwise.
fn copies_from_env() -> usize {
    let copies = std::env::var_os("PREFECT_DBT_TEST_SWEEP_COPIES");
    copies.map_or(1, |copies| copies.to_string_lossy().parse().unwrap())
}

#[test]
fn a_killed_run_without_its_disk_is_closed_by_the_next_run() {
    let killed = Workshop::new();
    killed.write("models/flaky.sql", ENDLESS);
    let flow = format!("sweep-{}", Uuid::now_v7());
    let options = ["--flow-name", &flow, "--verify-timeout", "60"];
    let victim = Victim::start(&mut killed.invocation(&options, &["build"]));
    wait_until("the running node on the server", || {
        let name = killed.flow_run_name();
        super::recorded::Recorded::exists(name) && {
            let recorded = killed.recorded(0);
            let runs = recorded.task_runs.iter();
            // The server stores a task run a moment before its state.
            let kinds = runs.map(|run| Some((&*run.task_key, run.state.as_ref()?.kind)));
            let kinds: Option<BTreeMap<_, _>> = kinds.collect();
            let expected = [(BASE, StateType::Completed), (FLAKY, StateType::Running)];
            kinds == Some(BTreeMap::from(expected))
        }
    });
    victim.kill();
    for folder in [".prefect-dbt", "target"] {
        fs_err::remove_dir_all(killed.path().join(folder)).unwrap();
    }
    assert_eq!(killed.recorded(1).flow_state().kind, StateType::Running);

    let next = Workshop::new();
    next.mend();
    next.invoke(&options, &["build"])
        .exits_with(0)
        .says("earlier flow runs whose process is gone are now closed: 1");
    let recorded = killed.recorded(2);
    let flow_state = recorded.flow_state();
    assert_eq!(flow_state.kind, StateType::Crashed);
    let message = flow_state.message.as_deref().unwrap_or_default();
    assert!(message.starts_with("the process of the run ("), "{message}");
    let kind = |node| recorded.of(node).state.as_ref().unwrap().kind;
    assert_eq!(
        (kind(BASE), kind(FLAKY)),
        (StateType::Completed, StateType::Crashed)
    );
}

#[test]
fn exactly_the_dead_runs_are_closed() {
    use StateType::{Cancelling, Crashed, Paused, Pending, Running, Scheduled};
    let scene = Scene::new();
    let gone = scene.labels();
    let own = [
        ("pid", json!(std::process::id())),
        ("process-start", json!(own_start())),
    ];
    let alive = with(&gone, &own);
    let elsewhere = with(&gone, &[("boot", json!("another"))]);
    let later = with(&elsewhere, &[("attempt", json!(2))]);
    let state = NewState::new;

    let mut expected = Vec::new();
    let mut talking = Vec::new();
    let mut tasks = Vec::new();
    for copy in 0..copies_from_env() {
        let dead = scene.running(&gone);
        tasks.push((scene.task_run(dead, true), Crashed));
        tasks.push((scene.task_run(dead, false), Running));
        let silent = scene.running(&elsewhere);
        scene.heartbeat(silent, 0);
        scene.wait_for_event(silent, "prefect.flow-run.Running");
        scene.wait_for_event(silent, HEARTBEAT);
        let heard = CLOCKS.map(|ahead| (scene.running(&elsewhere), ahead));
        let next = scene.running(&later);
        let end = ENDS[copy % ENDS.len()];
        let ended = scene.run(&gone, &[state(Running), state(end)]);
        tasks.push((scene.task_run(ended, true), Crashed));
        tasks.push((scene.task_run(ended, false), Running));
        expected.extend([
            (dead, Crashed),
            (scene.run(&gone, &[]), Crashed),
            (silent, Crashed),
            (
                scene.run(&gone, &[state(Running), state(Cancelling)]),
                StateType::Cancelled,
            ),
            (next, Running),
            (scene.running(&alive), Running),
            (scene.running(&Labels::new()), Running),
            (scene.run(&gone, &[state(Scheduled)]), Scheduled),
            (
                scene.run(&gone, &[state(Running), state(Scheduled)]),
                Scheduled,
            ),
            (scene.run(&gone, &[state(Running), state(Paused)]), Paused),
            // A worker starts it again.
            (scene.run(&gone, &[state(Running), state(Pending)]), Pending),
            (ended, end),
        ]);
        expected.extend(heard.map(|(id, _)| (id, Running)));
        talking.extend(heard.into_iter().chain([(next, 0)]));
    }
    let kinds = || expected.iter().map(|(id, _)| (*id, scene.kind(*id)));
    let before: Vec<_> = kinds().collect();
    Finished::of(&mut scene.sweep(&["--dry-run", "--older-than", "1d"])).exits_with(0);
    assert_eq!(
        kinds().collect::<Vec<_>>(),
        before,
        "a dry run closes nothing"
    );

    let mut sweep = scene
        .sweep(&["--older-than", "0s"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(sweep.stderr.take().unwrap()).lines();
    let waits = said.find(|line| line.as_ref().unwrap().contains("second look"));
    let clear = 5 * copies_from_env();
    let waits = waits.unwrap().unwrap();
    assert!(waits.starts_with(&format!("{clear} flow runs")), "{waits}");
    for (id, ahead) in talking {
        scene.heartbeat(id, ahead);
    }
    said.for_each(drop);
    assert!(sweep.wait().unwrap().success());
    assert_eq!(kinds().collect::<Vec<_>>(), expected);
    for (id, kind) in tasks {
        assert_eq!(scene.task_kind(id), Some(kind));
    }
}

#[test]
fn a_sweep_replays_the_journal_of_a_killed_run() {
    let killed = Workshop::new();
    killed.write("models/flaky.sql", ENDLESS);
    let scene = Scene::new();
    let options = ["--flow-name", &scene.flow];
    let victim = Victim::start(&mut killed.invocation(&options, &["build"]));
    wait_until("the completed node on the server", || {
        let name = killed.flow_run_name();
        super::recorded::Recorded::exists(name) && killed.recorded(0).task_runs.len() == 2
    });
    victim.kill();
    let dry = Finished::of(&mut scene.sweep(&["--dry-run"]));
    dry.exits_with(0);
    assert!(dry.stdout.contains("to be replayed from"), "{}", dry.stdout);
    let sweep = Finished::of(&mut scene.sweep(&[]));
    sweep.exits_with(0);
    assert!(sweep.stdout.contains("; replayed from"), "{}", sweep.stdout);
    let recorded = killed.recorded(2);
    let message = recorded.flow_state().message.clone();
    assert_eq!(
        message.as_deref(),
        Some("prefect-dbt was killed during the run")
    );
    let again = Finished::of(&mut scene.sweep(&[]));
    assert_eq!(again.exits_with(0).stdout, "nothing is dead\n");
}
