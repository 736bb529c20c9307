//! Containers.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::variable;

/// As long as something may take that needs to start dbt, or a worker.
const LIMIT: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(100);

/// A container. It is removed at the end.
pub(super) struct Container(String);

impl Container {
    /// Starts a command in a new one. The network is that of the machine.
    pub(super) fn start(options: &[&str], image: &str, command: &[&str]) -> Self {
        let run = ["run", "--detach", "--network", "host"];
        let words = [&run, options, &[image], command].concat();
        Self(docker(&words).trim().to_owned())
    }

    /// That of a flow run which a worker has started; `None` if there is none.
    pub(super) fn of_flow_run(id: Uuid) -> Option<Self> {
        let label = format!("label=io.prefect.flow-run-id={id}");
        let found = docker(&["ps", "--all", "--quiet", "--filter", &label]);
        found.lines().next().map(|id| Self(id.to_owned()))
    }

    /// Waits for its end. Returns the exit code.
    pub(super) fn wait(&self) -> i32 {
        let code = docker(&["wait", &self.0]);
        code.trim().parse().expect("an exit code")
    }

    /// What the command printed.
    pub(super) fn log(&self) -> String {
        let output = client(&["logs", &self.0]);
        [output.stdout, output.stderr].map(text).concat()
    }

    #[track_caller]
    pub(super) fn wait_for_line(&self, wanted: &str) {
        wait_until(
            || self.log().contains(wanted),
            || format!("{wanted}\n{}", self.log()),
        );
    }

    /// `docker DEED CONTAINER`, such as `kill`.
    pub(super) fn suffers(&self, deed: &str) {
        docker(&[deed, &self.0]);
    }

    /// Runs a script in it. Returns what that prints; `None` if it fails.
    pub(super) fn shell(&self, script: &str) -> Option<String> {
        let output = client(&["exec", &self.0, "sh", "-c", script]);
        output.status.success().then(|| text(output.stdout))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        client(&["rm", "--force", &self.0]);
    }
}

/// A volume. It is removed at the end, after the containers that use it.
pub(super) struct Volume(String);

impl Volume {
    pub(super) fn new() -> Self {
        Self(docker(&["volume", "create"]).trim().to_owned())
    }

    /// Where a container has it.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}:{path}", self.0)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        client(&["volume", "rm", "--force", &self.0]);
    }
}

/// Runs Docker's client. Returns what it prints.
#[track_caller]
pub(super) fn docker(words: &[&str]) -> String {
    let output = client(words);
    let errors = text(output.stderr);
    assert!(output.status.success(), "docker {words:?}: {errors}");
    text(output.stdout)
}

fn client(words: &[&str]) -> Output {
    let client = variable("PREFECT_DBT_TEST_DOCKER");
    let output = Command::new(client).args(words).output();
    output.expect("Docker's client")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits until something is so; fails with a text if that takes too long.
#[track_caller]
pub(super) fn wait_until(mut is_so: impl FnMut() -> bool, otherwise: impl Fn() -> String) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{}", otherwise());
        std::thread::sleep(POLL);
    }
}
