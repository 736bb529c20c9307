//! The engine of a flow run when the API is not reachable at its start or at its end.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use prefect_client::{Client, NewFlow, NewFlowRun, Settings, StateType};
use tokio::runtime::Builder;
use uuid::Uuid;

use super::environment::TestEnvironment;
use super::examples::example;
use super::project::Finished;
use super::proxy::{Fate, Proxy};
use super::stand_in::{StandIn, a_minute_ago};

/// A flow run that has no engine yet.
struct Waiting {
    project: StandIn,
    api: String,
    id: Uuid,
}

impl Waiting {
    fn new() -> Self {
        let api = TestEnvironment::from_env().api;
        let id = with_client(&api, async |client| {
            let flow = client.create_flow(&NewFlow::new("api away")).await.unwrap();
            let run = NewFlowRun::new(flow.id);
            client.create_flow_run(&run).await.unwrap().id
        });
        Self {
            project: StandIn::recorded("good", a_minute_ago(), 0, Duration::from_secs(1)),
            api,
            id,
        }
    }

    fn engine(&self, proxy: &Proxy, options: &[&str]) -> Command {
        let mut command = self.project.program(&proxy.url);
        command
            .env("PREFECT__FLOW_RUN_ID", self.id.to_string())
            .args(["invoke", "--engine"])
            .args(options)
            .args(["--", "build"]);
        command
    }

    fn state(&self) -> StateType {
        let run = with_client(&self.api, async |client| {
            client.read_flow_run(self.id).await
        });
        run.unwrap().state.unwrap().kind
    }
}

fn with_client<T>(api: &str, call: impl AsyncFnOnce(&Client) -> T) -> T {
    let client = Client::new(&Settings::with_api_url(api)).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(call(&client))
}

#[test]
fn an_engine_waits_for_the_api_before_dbt_starts() {
    let waiting = Waiting::new();
    let proxy = Proxy::before(&waiting.api, |_| Fate::Cut);
    let mut engine = waiting
        .engine(&proxy, &[])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(engine.stderr.take().unwrap()).lines();
    assert!(said.any(|line| {
        line.unwrap()
            .contains("trying again for 300 s before dbt starts")
    }));
    proxy.set(|_| Fate::Pass);
    said.for_each(drop);
    assert_eq!(engine.wait().unwrap().code(), Some(0));
    assert_eq!(waiting.state(), StateType::Completed);
}

#[test]
fn an_engine_fails_if_the_api_stays_unreachable_at_the_start() {
    let waiting = Waiting::new();
    let proxy = Proxy::before(&waiting.api, |_| Fate::Cut);
    Finished::of(&mut waiting.engine(&proxy, &["--delivery-timeout", "1"]))
        .exits_with(3)
        .says("cannot report to flow run");
    assert!(!waiting.project.half().exists(), "dbt was started");
}

#[test]
fn an_engine_waits_for_the_api_after_dbt_has_ended() {
    let waiting = Waiting::new();
    let half = waiting.project.half();
    let proxy = Proxy::before(&waiting.api, move |_| match half.exists() {
        true => Fate::Cut,
        false => Fate::Pass,
    });
    let mut engine = waiting
        .engine(&proxy, &["--verify-timeout", "2"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(engine.stderr.take().unwrap()).lines();
    let mut said = said.map(|line| line.unwrap());
    // The last line of the log: dbt has ended.
    assert!(said.any(|line| line.contains("Flow run '") && line.contains("Finished in state")));
    // With the pauses between them, these take longer than --verify-timeout.
    let repeated = proxy.answers().into_iter().take(5);
    assert_eq!(repeated.count(), 5);
    assert_eq!(engine.try_wait().unwrap(), None, "it gave up");
    proxy.set(|_| Fate::Pass);
    said.for_each(drop);
    assert_eq!(engine.wait().unwrap().code(), Some(0));
    assert_eq!(waiting.state(), StateType::Completed);
}

#[test]
fn an_engine_fails_if_it_cannot_deliver_the_end() {
    let waiting = Waiting::new();
    let half = waiting.project.half();
    let proxy = Proxy::before(&waiting.api, move |_| match half.exists() {
        true => Fate::Cut,
        false => Fate::Pass,
    });
    let options = [
        "--quiet",
        "--delivery-timeout",
        "1",
        "--verify-timeout",
        "0.5",
    ];
    Finished::of(&mut waiting.engine(&proxy, &options))
        .exits_with(3)
        .says("not delivered: the end of the flow run")
        .says("To deliver the run later: prefect-dbt replay");
    assert_eq!(waiting.state(), StateType::Running);
    assert_eq!(waiting.project.journals().len(), 1);
}

/// The same for a program that runs a flow.
#[test]
fn a_flow_of_a_program_waits_for_the_api_before_dbt_starts() {
    let waiting = Waiting::new();
    let proxy = Proxy::before(&waiting.api, |_| Fate::Cut);
    let requests = proxy.answers();
    let mut command = Command::new(example("basic"));
    for (name, value) in waiting.engine(&proxy, &[]).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut flow = command.current_dir(waiting.project.path()).spawn().unwrap();
    // Several times what a client repeats by itself.
    let path = format!("GET /api/flow_runs/{}", waiting.id);
    let reads = requests.iter().filter(|request| *request == path);
    assert_eq!(reads.take(12).count(), 12);
    proxy.set(|_| Fate::Pass);
    assert!(flow.wait().unwrap().success());
    assert_eq!(waiting.state(), StateType::Completed);
}
