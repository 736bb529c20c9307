//! Our process is killed, with SIGKILL: no process stays behind, and a replay delivers the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use jiff::Timestamp;
use prefect_client::{Client, Settings};
use serde_json::Value;
use tokio::runtime::Builder;
use uuid::Uuid;

use super::environment::TestEnvironment;
use super::project::{Finished, Project};
use super::random::Random;
use super::recorded::Recorded;
use super::references::{References, SECRETS};
use super::stand_in::{StandIn, a_minute_ago};
use super::victim::{Victim, wait_until};
use super::workshop::Workshop;

/// How many runs of the stand-in are killed, and how many run at a time.
const KILLS: usize = 9;
const AT_ONCE: usize = 3;

/// What a journal says of a run.
#[derive(Debug, Default)]
struct JournalContent {
    lines: usize,
    /// The task runs by node: type and message of the state that it ended in, and when it began and ended.
    nodes: BTreeMap<String, Option<(String, Timestamp)>>,
    /// Time and text of its log lines.
    logs: Vec<(Timestamp, String)>,
    /// The type of the state that the run ended in.
    end: Option<String>,
}

impl JournalContent {
    fn read(journal: &Path) -> Self {
        let mut content = Self::default();
        let text = fs_err::read_to_string(journal).unwrap();
        for line in text.lines() {
            // The last one may be torn.
            let Ok(entry) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            content.lines += 1;
            let effect = &entry["effect"];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let time = |value: &Value| text(value).parse::<Timestamp>().unwrap();
            if let Some(running) = effect.get("node_running") {
                content.nodes.insert(text(&running["unique_id"]), None);
            } else if let Some(finished) = effect.get("node_finished") {
                let end = &finished[1];
                let end = (text(&end["state"]["type"]), time(&end["end_time"]));
                content
                    .nodes
                    .insert(text(&finished[0]["unique_id"]), Some(end));
            } else if let Some(log) = effect.get("log") {
                content.logs.push((time(&log["at"]), text(&log["message"])));
            } else if let Some(end) = effect.get("run_finished") {
                content.end = Some(text(&end["state"]["type"]));
            }
        }
        content
    }
}

/// The journal of a project's only run, once it is there.
pub(super) fn journal_in(project: &Path) -> Option<PathBuf> {
    let folder = fs_err::read_dir(project.join(".prefect-dbt")).ok()?;
    let mut paths = folder.map(|entry| entry.unwrap().path());
    paths.find(|path| path.extension().is_some_and(|found| found == "jsonl"))
}

fn lines_in(journal: &Path) -> usize {
    let bytes = fs_err::read(journal).unwrap_or_default();
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Replays a killed run's journal and compares what the server holds with what the journal said.
fn replay_and_compare(replay: &mut Command, name: &str, journal: &Path) {
    let content = JournalContent::read(journal);
    Finished::of(replay.arg("replay").arg(journal)).exits_with(0);
    assert!(!journal.exists(), "a delivered journal is not deleted");
    compare(name, &content);
}

/// Compares what the server holds of a killed run with what its journal said.
fn compare(name: &str, content: &JournalContent) {
    let recorded = Recorded::wait_for(name, content.nodes.len());
    assert_eq!(recorded.task_runs.len(), content.nodes.len());
    let kind = |state: &prefect_client::State| text_of(&serde_json::to_value(state.kind).unwrap());
    for (node, end) in &content.nodes {
        let run = recorded.of(node);
        let state = run.state.as_ref().unwrap();
        match end {
            Some((expected, at)) => {
                assert_eq!(
                    (&kind(state), run.end_time),
                    (expected, Some(*at)),
                    "{node}"
                );
            }
            None => {
                assert_eq!(kind(state), "CRASHED", "{node}");
                let message = state.message.as_deref().unwrap_or_default();
                assert!(message.contains("was killed"), "{message}");
            }
        }
    }
    let expected = content.end.as_deref().unwrap_or("CRASHED");
    assert_eq!(kind(recorded.flow_state()), expected);
    let logs = recorded.logs(content.logs.len());
    for (at, message) in &content.logs {
        let found = logs.iter().filter(|log| {
            // Lines of one time are moved apart by a microsecond each.
            let moved = log.timestamp.duration_since(*at).as_micros();
            (0..1_000).contains(&moved) && log.message == *message
        });
        assert_eq!(found.count(), 1, "{message}");
    }
    let open = content.nodes.values().filter(|end| end.is_none()).count();
    let closing = open + usize::from(content.end.is_none());
    assert_eq!(logs.len(), content.logs.len() + closing);
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn a_replay_delivers_a_run_killed_at_any_point() {
    let api = TestEnvironment::from_env().api;
    let mut random = Random::from_env();
    println!("{}", random.seed());
    let whole = StandIn::paced("model_fails", a_minute_ago(), 1);
    Finished::of(&mut whole.build(&api, "alone", &["--no-prefect"])).exits_with(1);
    let lines = lines_in(&whole.journals()[0]);
    let points: Vec<usize> = (0..KILLS).map(|_| 1 + random.below(lines - 1)).collect();
    println!("killed at these of {lines} lines: {points:?}");
    let points = Mutex::new(points);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(point) = points.lock().ok().and_then(|mut points| points.pop()) {
                    kill_at(&api, point);
                }
            });
        }
    });
}

fn kill_at(api: &str, point: usize) {
    let project = StandIn::paced("model_fails", a_minute_ago(), 1);
    let name = format!("killed-{}", Uuid::now_v7());
    let journal = begin_and_kill(&project, api, &name, point);
    // One that came to its end in spite of us has nothing to be replayed.
    if journal.exists() {
        replay_and_compare(&mut project.program(api), &name, &journal);
    }
}

/// Runs the stand-in until its journal has this many lines, and kills us.
fn begin_and_kill(project: &StandIn, api: &str, name: &str, point: usize) -> PathBuf {
    let mut victim = Victim::start(&mut project.build(api, name, &[]));
    let mut journal = None;
    wait_until("that line of the journal", || {
        // The first one is that of the admission, which goes when dbt starts.
        journal = journal_in(project.path()).or_else(|| journal.take());
        let lines = journal.as_deref().map_or(0, lines_in);
        lines >= point || victim.has_ended()
    });
    victim.kill();
    journal.unwrap()
}

#[test]
fn the_next_run_closes_a_killed_run() {
    let api = TestEnvironment::from_env().api;
    let project = StandIn::paced("model_fails", a_minute_ago(), 1);
    let [killed, next] = ["killed", "next"].map(|name| format!("{name}-{}", Uuid::now_v7()));
    let journal = begin_and_kill(&project, &api, &killed, 50);
    let content = JournalContent::read(&journal);
    assert!(content.end.is_none(), "it was killed too late");
    Finished::of(&mut project.build(&api, &next, &[]))
        .exits_with(1)
        .says("earlier runs that Prefect did not have completely are now delivered: 1");
    assert!(project.journals().is_empty());
    compare(&killed, &content);
}

/// A project whose build was killed while a model ran.
fn killed_in_a_build() -> Workshop {
    const ENDLESS: &str =
        "select sum(hash(a.range + b.range)) as id from range(10000000) as a, range(10000000) as b";
    let workshop = Workshop::new();
    workshop.write("models/flaky.sql", ENDLESS);
    let mut build = workshop.program();
    build.args(["invoke", "--no-prefect", "--", "build"]);
    let victim = Victim::start(&mut build);
    let begun = workshop.path().join("target/run/workshop/models/flaky.sql");
    wait_until("the endless model", || begun.exists());
    victim.kill();
    workshop
}

/// dbt alone finds that nothing is left to do, or no results at all.
#[test]
fn dbt_retry_after_a_killed_run_fails_with_the_reason() {
    let workshop = killed_in_a_build();
    let retry = || {
        let retry = workshop.invoke_alone(&["retry"]);
        retry
            .exits_with(1)
            .says("dbt retry ran no node of the last run here (`build`), which failed: its process was killed")
            .says("run it again: prefect-dbt invoke -- build");
    };
    retry();
    workshop.remove("target/run_results.json");
    retry();
}

#[test]
fn a_newer_build_that_succeeds_clears_the_mark_of_a_kill() {
    let workshop = killed_in_a_build();
    workshop.write("models/flaky.sql", "select 1 as id\n");
    workshop.dbt(&["build"]).exits_with(0);
    workshop.invoke_alone(&["retry"]).exits_with(0);
}

/// A model that logs the secrets of the profile.
const LEAK: &str = "{% if execute %}{{ log('logged ' ~ target.settings, info=true) }}{% endif %}
select 1 as id";

#[test]
fn a_killed_run_leaves_no_process_and_no_secret() {
    let project = Project::new();
    let api = project.environment.api.clone();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::new(&Settings::with_api_url(&api)).unwrap();
    let references = References::make(&project, client, &runtime);
    runtime.block_on(references.choose("prod"));
    fs_err::write(project.path().join("models/leak.sql"), LEAK).unwrap();
    // One thread, so that the endless query is all that dbt has to cancel.
    let args = ["build", "--threads", "1", "--vars", "slow_model: true"];
    let victim = Victim::start(&mut project.invocation(&[], &args));
    let is_endless = || {
        let log = fs_err::read_to_string(project.log_file()).unwrap_or_default();
        log.lines().any(|line| {
            ["\"SQLQuery\"", "model.shop.product_sales", "create"]
                .iter()
                .all(|part| line.contains(part))
        })
    };
    wait_until("the endless query", is_endless);
    victim.kill();

    for entry in walk(&project.path().join(".prefect-dbt")) {
        let bytes = fs_err::read(&entry).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {}", entry.display());
        }
    }
    let journal = journal_in(&project.path()).unwrap();
    let text = fs_err::read_to_string(&journal).unwrap();
    assert!(text.contains("logged "), "nothing was there to be masked");
    assert_eq!(
        JournalContent::read(&journal).nodes["model.shop.product_sales"],
        None,
        "it was to be open"
    );
    replay_and_compare(&mut project.program(), &project.flow_run, &journal);
}

/// Every file below a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| match path.is_dir() {
            true => walk(&path),
            false => vec![path],
        })
        .collect()
}
