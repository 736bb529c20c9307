//! Runs that live, although their process says nothing for minutes, or the clock of their machine is wrong.

use std::collections::BTreeMap;
use std::process::{Child, Command, Output};
use std::time::Duration;

use prefect_client::{FlowRun, TaskRunFilter};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use super::disk::Disk;
use crate::prefect_server::PrefectServer;
use crate::variable;
use crate::victim::wait_until;

/// For how long a process is stopped, and how wrong a clock is.
const MINUTES: Duration = Duration::from_secs(120);
const AHEAD: &str = "+120s";
const BEHIND: &str = "-120s";
/// The time between two heartbeats, in seconds: the shortest that Prefect allows.
const HEARTBEAT: &str = "30";

/// A run that waits in its only model.
struct Waiting {
    disk: Disk,
    flow: String,
    process: Child,
    run: FlowRun,
    _folder: TempDir,
}

impl Waiting {
    /// Starts a run on a machine with this clock.
    fn start(server: &PrefectServer, clock: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = Disk::waiting(folder.path());
        let flow = format!("alive-{}", Uuid::now_v7());
        let options = ["--flow-name", &flow, "--flow-run-name", &flow];
        let mut invoke = disk.invoke(server, &options, &["build"]);
        let process = on(clock, &mut invoke)
            .spawn()
            .expect("the program was built");
        let mut found = None;
        wait_until("the model", || {
            found = server.flow_run_named(&flow);
            found
                .as_ref()
                .is_some_and(|run| server.open_task_runs(run.id) == 1)
        });
        Self {
            disk,
            flow,
            process,
            run: found.expect("it was found"),
            _folder: folder,
        }
    }

    /// How far the clock of its machine is ahead of that of the server.
    fn seconds_ahead(&self, server: &PrefectServer) -> i64 {
        let filter = TaskRunFilter::default().with_flow_run_ids([self.run.id]);
        let found = server.ask(server.client.filter_task_runs(&filter));
        let began = found[0].start_time.expect("it runs");
        let run_began = self.run.start_time.expect("it runs");
        began.duration_since(run_began).as_secs()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).expect("it runs");
    }

    /// Sweeps its flow on a machine with this clock. What it says.
    fn sweep(&self, server: &PrefectServer, clock: Option<&str>, options: &[&str]) -> String {
        let mut sweep = self.disk.program(server);
        sweep
            .args(["sweep", "--flow-name", &self.flow])
            .args(options);
        let Output {
            status,
            stdout,
            stderr,
        } = on(clock, &mut sweep).output().expect("it starts");
        let said =
            String::from_utf8_lossy(&stderr).into_owned() + &String::from_utf8_lossy(&stdout);
        assert!(status.success(), "{said}");
        said
    }

    /// Makes the run one of another machine for those that sweep here.
    fn move_away(&self, server: &PrefectServer) {
        let boot = BTreeMap::from([("prefect-dbt.boot".to_owned(), json!("another"))]);
        server.ask(server.client.label_flow_run(self.run.id, &boot));
    }

    /// Lets it come to its end.
    fn ends(mut self, server: &PrefectServer) {
        self.disk.release();
        let code = self.process.wait().expect("it ends").code();
        assert_eq!(code, Some(0));
        assert_eq!(server.state(self.run.id), "Completed");
    }

    /// Kills it, with its disk. Gives what a sweep says that takes any silence for a sign of death.
    fn dies(mut self, server: &PrefectServer) -> (Uuid, String) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
        self.disk.release();
        self.disk.lose();
        (
            self.run.id,
            self.sweep(server, None, &["--older-than", "0s"]),
        )
    }
}

/// A command on a machine with this clock.
fn on<'a>(clock: Option<&str>, command: &'a mut Command) -> &'a mut Command {
    command.env("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", HEARTBEAT);
    if let Some(clock) = clock {
        command
            .env("LD_PRELOAD", variable("PREFECT_DBT_TEST_FAKETIME"))
            .env("FAKETIME", clock)
            .env("DONT_FAKE_MONOTONIC", "1");
    }
    command
}

#[test]
fn a_stopped_run_is_not_closed() {
    let server = PrefectServer::new();
    let run = Waiting::start(&server, None);
    run.signal(Signal::STOP);
    // Not to wait for something: this long it is silent.
    std::thread::sleep(MINUTES);
    assert_eq!(
        run.sweep(&server, None, &["--older-than", "0s"]),
        "nothing is dead\n"
    );
    run.move_away(&server);
    assert_eq!(run.sweep(&server, None, &[]), "nothing is dead\n");
    assert_eq!(server.state(run.run.id), "Running");
    run.signal(Signal::CONT);
    run.ends(&server);
}

/// Only its heartbeats are less than a minute old, and only by the clock of the server.
#[test]
fn a_run_is_not_closed_because_a_clock_is_wrong() {
    let server = PrefectServer::new();
    let runs = [(AHEAD, 120), (BEHIND, -120)].map(|(clock, seconds)| {
        let run = Waiting::start(&server, Some(clock));
        let ahead = run.seconds_ahead(&server);
        assert!((ahead - seconds).abs() < 60, "{ahead} s ahead");
        run.move_away(&server);
        run
    });
    std::thread::sleep(MINUTES);
    for run in &runs {
        for clock in [None, Some(AHEAD), Some(BEHIND)] {
            let said = run.sweep(&server, clock, &["--older-than", "60s"]);
            assert_eq!(said, "nothing is dead\n", "{clock:?}");
        }
        assert_eq!(server.state(run.run.id), "Running");
    }
    let [ahead, behind] = runs;
    ahead.ends(&server);

    let (run, said) = behind.dies(&server);
    assert!(said.contains("closed, with 1 open task run"), "{said}");
    assert_eq!(server.state(run), "Crashed");
    assert_eq!(server.open_task_runs(run), 0);
}
