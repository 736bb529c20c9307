//! Runs that are killed.

#![expect(
    clippy::unwrap_used,
    reason = "a panic shows best where a helper of a test fails"
)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use uuid::Uuid;

/// Marks all processes of a run.
const MARK: &str = "PREFECT_DBT_TEST_MARK";
const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(20);

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} never happened");
        std::thread::sleep(POLL);
    }
}

/// A run that can be killed.
pub(crate) struct Victim {
    child: Child,
    mark: String,
}

impl Victim {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mark = Uuid::now_v7().to_string();
        command.env(MARK, &mark);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self {
            child: command.spawn().unwrap(),
            mark,
        }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills our process, and waits until dbt and all else that belonged to it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        wait_until("the end of every process", || self.processes().is_empty());
    }

    /// Kills every process at once, as the end of a container does.
    pub(crate) fn kill_all(self) {
        for id in self.processes() {
            // One that has just ended needs no signal.
            let _ = kill_process(id, Signal::KILL);
        }
        self.kill();
    }

    /// The processes that have inherited the mark, on systems with /proc.
    fn processes(&self) -> Vec<Pid> {
        let mark = format!("{MARK}={}", self.mark);
        let Ok(all) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        all.filter_map(|entry| {
            let path = entry.ok()?.path();
            let id = path.file_name()?.to_str()?.parse().ok()?;
            let environment = std::fs::read(path.join("environ")).ok()?;
            let is_ours = environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == mark.as_bytes());
            Pid::from_raw(id).filter(|_| is_ours)
        })
        .collect()
    }
}

/// A test that fails leaves no dbt behind that runs for ever: the watchdog stops it.
impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
