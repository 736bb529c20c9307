//! `deploy --run` watches a run until its end. The test takes the part of the worker.

use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prefect_client::{
    Client, FlowRun, FlowRunFilter, Log, NewState, NewWorkPool, Settings, StateType,
};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::project::{Finished, Project};

const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(50);

/// A run that our program follows.
struct Followed {
    _project: Project,
    program: Child,
    client: Client,
    runtime: Runtime,
    run: FlowRun,
}

impl Followed {
    fn start() -> Self {
        let project = Project::new();
        let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let name = format!("pool-{}", Uuid::now_v7());
        let pool = NewWorkPool::new(&name, "process");
        runtime.block_on(client.create_work_pool(&pool)).unwrap();
        let program = project
            .program()
            .args(["deploy", "now", "--run", "--work-pool", &name])
            .args(["--flow-name", &name, "--param", "target=dev", "--tag", "a"])
            .args(["--", "build"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut started = FlowRunFilter::default();
        started.flow_names = vec![name];
        let deadline = Instant::now() + LIMIT;
        let run = loop {
            let mut found = runtime.block_on(client.filter_flow_runs(&started)).unwrap();
            if let Some(run) = found.pop() {
                break run;
            }
            assert!(Instant::now() < deadline, "no run was started");
            std::thread::sleep(POLL);
        };
        Self {
            _project: project,
            program,
            client,
            runtime,
            run,
        }
    }

    fn enter(&self, state: NewState) {
        let set = self.client.set_flow_run_state(self.run.id, &state, true);
        self.runtime.block_on(set).unwrap();
    }

    /// Lines with the number of seconds since they were written.
    fn log(&self, lines: &[(i64, &str)]) {
        let lines: Vec<Log> = lines
            .iter()
            .map(|(ago, text)| {
                let at = Timestamp::now() - jiff::SignedDuration::from_secs(*ago);
                Log::new("prefect.flow_runs", 20, *text, at).of_run(Some(self.run.id), None)
            })
            .collect();
        self.runtime
            .block_on(self.client.create_logs(&lines))
            .unwrap();
    }

    /// Waits until the program has said so.
    fn says(&mut self, text: &str) -> String {
        let mut said = Vec::new();
        let stderr = self.program.stderr.as_mut().unwrap();
        let mut byte = [0];
        while !String::from_utf8_lossy(&said).contains(text) {
            assert_eq!(
                stderr.read(&mut byte).unwrap(),
                1,
                "it ended without `{text}`"
            );
            said.push(byte[0]);
        }
        String::from_utf8(said).unwrap()
    }

    fn end(self) -> Finished {
        self.program.wait_with_output().unwrap().into()
    }
}

#[test]
fn states_and_log_lines_are_shown_until_the_run_completes() {
    let mut followed = Followed::start();
    assert_eq!(followed.run.tags, ["a"]);
    assert_eq!(followed.run.parameters["target"], "dev");
    let said = followed.says(" - Scheduled\n");
    assert!(
        said.contains(&format!("/runs/flow-run/{}", followed.run.id)),
        "{said}"
    );
    followed.enter(NewState::new(StateType::Running));
    followed.log(&[(9, "the second"), (10, "the first")]);
    let said = followed.says("the second\n");
    assert!(said.find("the first") < said.find("the second"), "{said}");
    // Late, and older than what was shown.
    followed.log(&[(20, "the latecomer")]);
    followed.says("the latecomer\n");
    let more: Vec<String> = (0..450)
        .map(|number| format!("line {number:03}."))
        .collect();
    let more: Vec<(i64, &str)> = more.iter().map(|line| (1, line.as_str())).collect();
    followed.log(&more);
    followed.enter(NewState::new(StateType::Completed).with_message(Some("all well".to_owned())));
    let finished = followed.end();
    finished.exits_with(0).says("Completed: all well");
    for (_, line) in more {
        assert_eq!(finished.stderr.matches(line).count(), 1, "{line}");
    }
    assert!(!finished.stderr.contains("the first"));
    assert_eq!(finished.stdout.lines().count(), 1);
}

#[test]
fn the_exit_code_shows_how_the_run_ended() {
    for (end, code) in [
        (StateType::Failed, 1),
        (StateType::Cancelled, 130),
        (StateType::Crashed, 3),
    ] {
        let mut followed = Followed::start();
        followed.says(" - Scheduled\n");
        followed.enter(NewState::new(end));
        followed.end().exits_with(code);
    }
}

#[test]
fn an_interrupt_stops_watching_but_not_the_run() {
    let mut followed = Followed::start();
    followed.says(" - Scheduled\n");
    let pid = rustix::process::Pid::from_child(&followed.program);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let (run, client) = (followed.run.id, followed.client.clone());
    followed.end().exits_with(130).says("the run continues");
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let state = runtime
        .block_on(client.read_flow_run(run))
        .unwrap()
        .state
        .unwrap();
    assert_eq!(state.kind, StateType::Scheduled);
}
