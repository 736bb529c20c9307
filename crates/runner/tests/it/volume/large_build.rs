//! A build with thousands of nodes, as fast as dbt could report them: nothing is lost. `cargo xtask bench volume` runs this
//! test in a release build and measures its cost.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};

use super::big_build::{BigBuild, End, INTERRUPTIBLE};
use super::stub_server::StubServer;

/// Half of the nodes. Without optimisation, twenty thousand nodes take longer than a test may.
const MODELS: usize = if cfg!(debug_assertions) { 500 } else { 10_000 };
const SAMPLE: Duration = Duration::from_millis(2);

#[test]
fn a_very_large_build_is_delivered_completely() {
    for end in [End::Completed, End::Failed, End::Interrupted] {
        let build = BigBuild {
            models: MODELS,
            began: Timestamp::now() - SignedDuration::from_mins(1),
            end,
        };
        println!("{}", report(&build));
    }
}

/// Reports the build to a server that accepts everything. Returns time and memory.
fn report(build: &BigBuild) -> String {
    let project = build.project();
    let server = StubServer::start();
    let begin = Instant::now();
    let child = project
        .program()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("PREFECT_API_URL", &server.url)
        .args(["invoke", "--verify-timeout", "60", "--", "build"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let when = project.path().join(INTERRUPTIBLE);
    let (code, stderr, peak) = watch(child, &when);
    let seconds = begin.elapsed().as_secs_f64();
    let (expected, state, end) = match build.end {
        End::Completed => (0, "COMPLETED", "completed"),
        End::Failed => (1, "FAILED", "failed"),
        End::Interrupted => (130, "CANCELLED", "interrupted"),
    };
    assert_eq!(code, Some(expected), "{stderr}");
    let nodes = 2 * build.ended();
    let a_second = nodes as f64 / seconds;
    let journals = fs_err::read_dir(project.path().join(".prefect-dbt")).unwrap();
    let mut journals = journals.map(|entry| entry.unwrap().path());
    let is_journal =
        |path: std::path::PathBuf| path.extension().is_some_and(|kind| kind == "jsonl");
    assert!(!journals.any(is_journal), "a journal is kept: {stderr}");

    let received = server.received();
    assert_eq!(received.state, state);
    assert_eq!(received.artifacts, 1);
    // The ledger names what is left to do.
    assert_eq!(received.ledger.is_empty(), build.end == End::Completed);
    assert_eq!(received.ended.len(), nodes);
    let keys: HashMap<_, _> = received
        .ended
        .iter()
        .map(|(id, run)| (*id, &run.key))
        .collect();
    for run in received.ended.values() {
        let fails = build.end == End::Failed && run.key == format!("test.big.t{}", MODELS - 1);
        let seen = (run.times, run.state.as_str());
        let state = if fails { "FAILED" } else { "COMPLETED" };
        assert_eq!(seen, (1, state), "{run:?}");
        let mut upstream: Vec<String> = run.upstream.iter().map(|id| keys[id].clone()).collect();
        upstream.sort();
        let mut expected = build.upstream(&run.key);
        expected.sort();
        assert_eq!(upstream, expected, "{run:?}");
    }
    // Each node has two lines and its closing one; the build begins with two and ends with one and its closing one. In place
    // of dbt's last line, an interrupted one has those about the stop and about the nodes that were not started.
    let of_build = if build.end == End::Interrupted { 5 } else { 4 };
    assert_eq!(received.logs.len(), 3 * nodes + of_build);
    assert!(received.logs.values().all(|times| *times == 1));
    assert_eq!(received.assets.len(), build.ended() + build.read());
    format!("{end}: {nodes} nodes in {seconds:.2} s ({a_second:.0} a second), peak memory {peak}")
}

/// Waits for the end, and interrupts the program when a file appears. Returns exit code, stderr and, on systems with /proc,
/// the peak memory of the program.
fn watch(mut child: Child, when: &Path) -> (Option<i32>, String, String) {
    let mut is_interrupted = false;
    let status = format!("/proc/{}/status", child.id());
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(&mut stderr).unwrap());
    let mut peak = "unknown".to_owned();
    let code = loop {
        let now = fs_err::read_to_string(&status).unwrap_or_default();
        if let Some(line) = now.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            line.trim().clone_into(&mut peak);
        }
        if let Some(exit) = child.try_wait().unwrap() {
            break exit.code();
        }
        if !is_interrupted && when.exists() {
            is_interrupted = true;
            kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        }
        std::thread::sleep(SAMPLE);
    };
    (code, reader.join().unwrap(), peak)
}
