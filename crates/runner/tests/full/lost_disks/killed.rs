//! Runs are killed at random points, and their disk is lost. Nothing stays open, and a retry elsewhere runs the rest.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prefect_client::{NewFlow, NewFlowRun};
use uuid::Uuid;

use super::disk::{Disk, NODES};
use crate::prefect_server::PrefectServer;
use crate::random::Random;
use crate::victim::{Victim, wait_until};

const KILLS: usize = 10;
const AT_ONCE: usize = 2;
/// What Prefect can lack of the time before a kill.
const LAST_MOMENT: SignedDuration = SignedDuration::from_secs(2);
const NO_LEDGER: &str =
    "Attempt 2: the whole command, because Prefect has no ledger of the previous attempt";

/// When a run is killed.
#[derive(Debug)]
struct Point {
    /// As soon as its journal has this many completed nodes,
    nodes: usize,
    /// and this many milliseconds later.
    later: usize,
    /// Whether dbt is killed, too, as by the end of a container. Otherwise it stops on its own.
    with_dbt: bool,
}

impl Point {
    fn random(random: &mut Random) -> Self {
        Self {
            nodes: random.below(NODES - 4),
            later: random.below(800),
            with_dbt: random.below(2) == 1,
        }
    }
}

/// A flow run whose process was killed.
struct Killed {
    flow: String,
    id: Uuid,
    /// When.
    at: Timestamp,
    /// The nodes that were completed by then, by the journal on the disk that is lost.
    completed: BTreeSet<String>,
    /// Those of the last moment.
    just_completed: BTreeSet<String>,
}

#[test]
fn a_run_killed_anywhere_is_closed_by_the_next_run_and_completed_by_a_retry_on_an_empty_disk() {
    let mut random = Random::from_env();
    println!("{}", random.seed());
    let points: Vec<Point> = (0..KILLS).map(|_| Point::random(&mut random)).collect();
    let points = Mutex::new(points);
    let with_ledger = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let server = PrefectServer::new();
                while let Some(point) = points.lock().ok().and_then(|mut points| points.pop()) {
                    let again = lose_disk(&server, &point);
                    println!("{point:?}: again {again:?}");
                    *with_ledger.lock().expect("no panic") += u32::from(again.is_some());
                }
            });
        }
    });
    let with_ledger = with_ledger.into_inner().expect("no panic");
    println!("{with_ledger} of {KILLS} retries had a ledger");
    assert!(with_ledger > 0, "no run lived until its first ledger");
}

/// Returns the nodes that the retry ran a second time; `None` if it had no ledger, and ran them all.
fn lose_disk(server: &PrefectServer, point: &Point) -> Option<BTreeSet<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let killed = kill(server, folder.path(), point);

    let next = Disk::new(folder.path(), "next");
    let options = ["--flow-name", &killed.flow, "--verify-timeout", "60"];
    let log = succeeds(&mut next.invoke(server, &options, &["build", "--select", "m0"]));
    let closed = "earlier flow runs whose process is gone are now closed: 1";
    assert!(log.contains(closed), "{point:?}\n{log}");
    assert_eq!(server.state(killed.id), "Crashed");
    assert_eq!(server.open_task_runs(killed.id), 0, "{point:?}");

    let empty = Disk::new(folder.path(), "empty");
    let log = succeeds(&mut engine(&empty, server, killed.id));
    assert_eq!(server.state(killed.id), "Completed");
    assert_eq!(server.open_task_runs(killed.id), 0, "{point:?}");
    compare(point, &killed, &empty, &log)
}

/// Runs the project, kills the run, and removes its disk.
fn kill(server: &PrefectServer, folder: &Path, point: &Point) -> Killed {
    let flow = format!("lost-disk-{}", Uuid::now_v7());
    let created = server.ask(server.client.create_flow(&NewFlow::new(&flow)));
    let id = server
        .ask(server.client.create_flow_run(&NewFlowRun::new(created.id)))
        .id;
    let disk = Disk::new(folder, "first");
    let mut victim = Victim::start(&mut engine(&disk, server, id));
    wait_until("the start", || server.state(id) == "Running");
    wait_until("the completed nodes", || {
        disk.completed().len() >= point.nodes || victim.has_ended()
    });
    std::thread::sleep(Duration::from_millis(point.later as u64));
    assert!(!victim.has_ended(), "{point:?}");
    let at = Timestamp::now();
    match point.with_dbt {
        true => victim.kill_all(),
        false => victim.kill(),
    }
    let completed = disk.completed();
    disk.lose();
    let just = completed
        .iter()
        .filter(|(_, end)| at.duration_since(**end) < LAST_MOMENT);
    Killed {
        flow,
        id,
        at,
        just_completed: just.map(|(node, _)| node.clone()).collect(),
        completed: completed.into_keys().collect(),
    }
}

/// Our program as the engine of a flow run.
fn engine(disk: &Disk, server: &PrefectServer, flow_run: Uuid) -> Command {
    let id = flow_run.to_string();
    disk.invoke(server, &["--engine", "--flow-run-id", &id], &["build"])
}

/// What a command that succeeds says.
#[track_caller]
fn succeeds(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    log
}

/// Compares what the retry ran with what was not completed.
fn compare(point: &Point, killed: &Killed, retried: &Disk, log: &str) -> Option<BTreeSet<String>> {
    let (all, ran) = (retried.nodes(), retried.ran());
    let rest: BTreeSet<String> = all.difference(&killed.completed).cloned().collect();
    if log.contains(NO_LEDGER) {
        assert_eq!(ran, all);
        return None;
    }
    let again: BTreeSet<String> = ran.difference(&rest).cloned().collect();
    assert!(rest.is_subset(&ran), "{point:?}: {rest:?}, {ran:?}\n{log}");
    assert!(
        again.is_subset(&killed.just_completed),
        "{point:?}, killed at {}: {again:?}\n{log}",
        killed.at
    );
    let says = format!("Attempt 2: dbt retry of {} node", ran.len());
    assert!(log.contains(&says), "{says}\n{log}");
    Some(again)
}
