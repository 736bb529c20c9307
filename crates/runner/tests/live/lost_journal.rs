//! A journal that cannot be written to its end, or that is deleted during the run, while Prefect is away.

use std::process::Stdio;
use std::time::{Duration, Instant};

use prefect_client::StateType;
use uuid::Uuid;

use super::environment::TestEnvironment;
use super::project::{AWAY, Finished};
use super::proxy::{Fate, Proxy};
use super::recorded::Recorded;
use super::stand_in::{StandIn, a_minute_ago};

const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(20);
/// Nodes of the recorded run.
const NODES: usize = 19;

#[test]
fn a_journal_deleted_during_the_run_is_written_again() {
    let api = TestEnvironment::from_env().api;
    let proxy = Proxy::before(&api, |_| Fate::Cut);
    let name = format!("deleted-{}", Uuid::now_v7());
    let project = StandIn::held("good", a_minute_ago(), 0);
    let child = project
        .build(&proxy.url, &name, &AWAY)
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + LIMIT;
    while !project.half().exists() {
        assert!(Instant::now() < deadline, "the run does not get on");
        std::thread::sleep(POLL);
    }
    fs_err::remove_dir_all(project.path().join(".prefect-dbt")).unwrap();
    project.release();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("was deleted during the run; it is saved as"),
        "{said}"
    );
    assert_eq!(project.journals().len(), 1, "{said}");

    let mut replay = project.program(&api);
    Finished::of(replay.arg("replay").arg(project.path())).exits_with(0);
    let recorded = Recorded::wait_for(&name, NODES);
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    let ended = recorded
        .task_runs
        .iter()
        .filter_map(|run| run.state.as_ref());
    assert!(
        ended
            .into_iter()
            .all(|state| state.kind != StateType::Crashed)
    );
}

#[test]
fn an_incomplete_journal_is_not_treated_as_a_killed_run() {
    let api = TestEnvironment::from_env().api;
    let proxy = Proxy::before(&api, |_| Fate::Cut);
    let name = format!("full-{}", Uuid::now_v7());
    let project = StandIn::recorded("good", a_minute_ago(), 0, Duration::ZERO);
    let run = project.build(&proxy.url, &name, &AWAY);
    // As on a disk that is full everywhere: no file may become larger than 8 KiB, and to try it is no reason to end.
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\"";
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", script])
        .arg(run.get_program())
        .args(run.get_args());
    limited.current_dir(project.path()).env_clear();
    for (name, value) in run.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    limited.env("PATH", std::env::var_os("PATH").unwrap());
    Finished::of(&mut limited)
        .exits_with(0)
        .says("the journal of this run is incomplete and cannot be replayed");
    assert!(project.journals().is_empty());

    let mut replay = project.program(&api);
    Finished::of(replay.arg("replay").arg(project.path()))
        .exits_with(0)
        .says("the journal is incomplete");
    assert!(!Recorded::exists(&name), "it was taken for a killed run");
}
