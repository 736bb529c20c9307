//! A build with thousands of nodes, as fast as dbt could report them: nothing is lost. `cargo xtask bench volume` runs this
//! test in a release build and measures its cost.

use std::collections::HashMap;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::big_build::BigBuild;
use super::stub_server::StubServer;

/// Half of the nodes. Without optimisation, twenty thousand nodes take longer than a test may.
const MODELS: usize = if cfg!(debug_assertions) { 500 } else { 10_000 };
const SAMPLE: Duration = Duration::from_millis(2);

#[test]
fn a_very_large_build_is_delivered_completely() {
    for fails in [false, true] {
        let build = BigBuild {
            models: MODELS,
            began: Timestamp::now() - SignedDuration::from_mins(1),
            fails,
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
    let (code, stderr, peak) = watch(child);
    let seconds = begin.elapsed().as_secs_f64();
    assert_eq!(code, Some(i32::from(build.fails)), "{stderr}");
    let nodes = 2 * MODELS;
    let a_second = nodes as f64 / seconds;
    let end = if build.fails { "failed" } else { "completed" };
    let journals = fs_err::read_dir(project.path().join(".prefect-dbt")).unwrap();
    let mut journals = journals.map(|entry| entry.unwrap().path());
    let is_journal =
        |path: std::path::PathBuf| path.extension().is_some_and(|kind| kind == "jsonl");
    assert!(!journals.any(is_journal), "a journal is kept: {stderr}");

    let received = server.received();
    let state = |fails: bool| if fails { "FAILED" } else { "COMPLETED" };
    assert_eq!(received.state, state(build.fails));
    assert_eq!(received.artifacts, 1);
    assert_eq!(received.ended.len(), nodes);
    let keys: HashMap<_, _> = received
        .ended
        .iter()
        .map(|(id, run)| (*id, &run.key))
        .collect();
    for run in received.ended.values() {
        let fails = build.fails && run.key == format!("test.big.t{}", MODELS - 1);
        let seen = (run.times, run.state.as_str());
        assert_eq!(seen, (1, state(fails)), "{run:?}");
        let mut upstream: Vec<String> = run.upstream.iter().map(|id| keys[id].clone()).collect();
        upstream.sort();
        let mut expected = build.upstream(&run.key);
        expected.sort();
        assert_eq!(upstream, expected, "{run:?}");
    }
    // Each node has two lines and its closing one; the build begins with two and ends with one and its closing one.
    assert_eq!(received.logs.len(), 3 * nodes + 4);
    assert!(received.logs.values().all(|times| *times == 1));
    assert_eq!(received.assets.len(), MODELS + build.read());
    format!("{end}: {nodes} nodes in {seconds:.2} s ({a_second:.0} a second), peak memory {peak}")
}

/// Waits for the end. Returns exit code, stderr and, on systems with /proc, the peak memory of the program.
fn watch(mut child: Child) -> (Option<i32>, String, String) {
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
        std::thread::sleep(SAMPLE);
    };
    (code, reader.join().unwrap(), peak)
}
