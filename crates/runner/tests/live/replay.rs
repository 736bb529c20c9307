//! Runs that are delivered later: from their journals, or from dbt's log file.

use std::cmp::Ordering::{Equal, Greater, Less};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Signal, kill_process};
use uuid::Uuid;

use super::environment::TestEnvironment;
use super::faithful::assert_faithful;
use super::interrupts::Stuck;
use super::project::{AWAY, Finished, Project};
use super::proxy::{Fate, Proxy};
use super::record::Record;
use super::recorded::Recorded;
use super::stand_in::{StandIn, a_minute_ago};

/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9/api";
const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(50);

fn replay(project: &Project, api: &str, options: &[&str], path: &Path) -> Finished {
    let mut command = project.program();
    command.env("PREFECT_API_URL", api).arg("replay");
    Finished::of(command.args(options).arg(path))
}

/// Events of assets in a journal.
fn assets_in(journal: &Path) -> usize {
    let text = fs_err::read_to_string(journal).unwrap();
    text.lines()
        .filter(|line| line.starts_with(r#"{"effect":{"asset":"#))
        .count()
}

/// A proxy that notes the requests that change something on the server.
fn news_of(api: &str) -> (Proxy, Arc<Mutex<Vec<String>>>) {
    let news = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&news);
    let proxy = Proxy::before(api, move |request| {
        let is_news = ["/events", "/logs/", "/artifacts/", "/set_state"]
            .iter()
            .any(|end| request.ends_with(end));
        if request.starts_with("POST") && is_news {
            noted.lock().unwrap().push(request.to_owned());
        }
        Fate::Pass
    });
    (proxy, news)
}

#[test]
fn a_run_without_prefect_is_replayed_once_from_its_journal_and_from_dbts_log() {
    let mut project = Project::new();
    let api = project.environment.api.clone();
    // Only the run's own last line is timed by us, and by dbt in its log: times of lines are compared with dbt's alone.
    let began = Timestamp::UNIX_EPOCH;
    project.invoke(&["--no-prefect"], &["build"]).exits_with(0);
    let truth = project.truth();
    let nodes = truth.nodes().len();
    let folder = project.path().join(".prefect-dbt");
    let journal: PathBuf = fs_err::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|found| found == "jsonl"))
        .unwrap();
    let assets = assets_in(&journal);
    assert!(assets > 0);
    let read = |project: &Project| Record::of_whole_run(&project.flow_run, began, nodes, assets);

    replay(&project, &api, &["--keep"], &journal).exits_with(0);
    let from_journal = read(&project);
    assert_faithful(&project.recorded(nodes), &truth);
    let (proxy, news) = news_of(&api);
    replay(&project, &proxy.url, &[], &project.path())
        .exits_with(0)
        .says("skipping runs that were not to be reported: 1");
    assert!(journal.exists(), "it was not to be deleted");
    let unreported = ["--include-unreported"];
    replay(&project, &proxy.url, &unreported, &project.path()).exits_with(0);
    assert_eq!(*news.lock().unwrap(), [""; 0], "it was sent again");
    assert!(!journal.exists(), "a delivered journal is not deleted");
    assert!(
        read(&project) == from_journal,
        "the replay changed something"
    );
    replay(&project, &proxy.url, &[], &project.path())
        .exits_with(0)
        .says("nothing to deliver");

    // As if the journal had never been.
    project.flow_run = format!("test-{}", Uuid::now_v7());
    let manifest = project.path().join("target/manifest.json");
    let manifest = manifest.to_str().unwrap();
    let options = ["--flow-run-name", &project.flow_run, "--manifest", manifest];
    replay(&project, &api, &options, &project.log_file()).exits_with(0);
    let from_log = read(&project);
    assert_faithful(&project.recorded(nodes), &truth);
    assert!(
        from_log == from_journal,
        "{}",
        from_log.difference(&from_journal)
    );
    replay(&project, &proxy.url, &options, &project.log_file()).exits_with(0);
    assert_eq!(*news.lock().unwrap(), [""; 0], "it was sent again");
}

#[test]
fn an_outage_is_replayed_even_if_the_replay_is_interrupted() {
    let api = TestEnvironment::from_env().api;
    let began = a_minute_ago();
    let (nodes, assets) = (19, 11);
    let run = |api: &str, name: &str, options: &[&str]| {
        let project = StandIn::recorded("model_fails", began, 1, Duration::ZERO);
        Finished::of(&mut project.build(api, name, options)).exits_with(1);
        project
    };
    let names = ["undisturbed", "away", "twice"].map(|name| format!("{name}-{}", Uuid::now_v7()));
    run(&api, &names[0], &[]);
    let expected = Record::of_whole_run(&names[0], began, nodes, assets);

    let project = run(NOWHERE, &names[1], &AWAY);
    let mut command = project.program(NOWHERE);
    let away = Finished::of(command.arg("replay").arg(project.path()));
    away.exits_with(3).says("cannot deliver");
    for requests in [4, 7, 8, 9] {
        interrupt_replay(&project, &api, requests);
    }
    assert_eq!(project.journals().len(), 1);
    // Two at once: one of them has nothing to do.
    let both = [0, 1].map(|_| {
        let mut command = project.program(&api);
        command.stderr(Stdio::null());
        command.arg("replay").arg(project.path()).spawn().unwrap()
    });
    for mut replay in both {
        assert_eq!(replay.wait().unwrap().code(), Some(0));
    }
    assert!(project.journals().is_empty());
    let record = Record::wait_for(&names[1], began, &expected);
    assert!(record == expected, "{}", record.difference(&expected));

    // Two attempts of one flow run, which neither has seen.
    let retries = ["--retries", "1", "--retry-strategy", "full"];
    let project = run(NOWHERE, &names[2], &[&AWAY[..], &retries].concat());
    assert_eq!(project.journals().len(), 2);
    let mut command = project.program(&api);
    Finished::of(command.arg("replay").arg(project.path())).exits_with(0);
    let recorded = Recorded::wait_for(&names[2], 2 * nodes);
    assert_eq!(recorded.task_runs.len(), 2 * nodes);
    assert_eq!(
        recorded.flow_state().kind,
        prefect_client::StateType::Failed
    );
}

#[test]
fn the_next_run_delivers_a_run_that_ended_in_an_outage() {
    let api = TestEnvironment::from_env().api;
    let proxy = Proxy::before(&api, |_| Fate::Pass);
    let [earlier, next] = ["earlier", "next"].map(|name| format!("{name}-{}", Uuid::now_v7()));
    let project = StandIn::recorded("model_fails", a_minute_ago(), 1, Duration::ZERO);
    proxy.set(|_| Fate::Cut);
    Finished::of(&mut project.build(&proxy.url, &earlier, &AWAY)).exits_with(1);
    assert_eq!(project.journals().len(), 1);

    // A run that is reported to another API leaves it alone.
    Finished::of(&mut project.build(&api, &next, &[])).exits_with(1);
    assert_eq!(project.journals().len(), 1);
    proxy.set(|_| Fate::Pass);
    Finished::of(&mut project.build(&proxy.url, &next, &[]))
        .exits_with(1)
        .says("earlier runs that Prefect did not have completely are now delivered: 1");
    assert!(project.journals().is_empty());
    let recorded = Recorded::wait_for(&earlier, 19);
    assert_eq!(recorded.task_runs.len(), 19);
    let failed = prefect_client::StateType::Failed;
    assert_eq!(recorded.flow_state().kind, failed);
}

#[test]
fn an_attempt_that_waits_for_its_retry_is_not_delivered_by_other_runs() {
    let api = TestEnvironment::from_env().api;
    let proxy = Proxy::before(&api, |_| Fate::Cut);
    let [name, other] = ["waits", "other"].map(|name| format!("{name}-{}", Uuid::now_v7()));
    let project = StandIn::recorded("model_fails", a_minute_ago(), 1, Duration::ZERO);
    // It waits longer than the test lasts.
    let waiting = wait_for_attempt_2(&project, &proxy, &name, "3600");
    proxy.set(|_| Fate::Pass);
    Finished::of(&mut project.build(&proxy.url, &other, &[])).exits_with(1);
    assert!(!Recorded::exists(&name), "the flow run waits for attempt 2");
    kill_process(waiting.pid(), Signal::KILL).unwrap();
    assert_eq!(waiting.finish().code, None);
}

#[test]
fn an_attempt_that_ended_in_an_outage_is_delivered_after_the_next_one() {
    let api = TestEnvironment::from_env().api;
    let proxy = Proxy::before(&api, |_| Fate::Cut);
    let name = format!("waited-{}", Uuid::now_v7());
    let project = StandIn::recorded("model_fails", a_minute_ago(), 1, Duration::ZERO);
    let waiting = wait_for_attempt_2(&project, &proxy, &name, "0.1");
    proxy.set(|_| Fate::Pass);
    waiting.finish().exits_with(1);
    // The server retries once after the first attempt that it sees, which is the second one.
    let recorded = Recorded::wait_for(&name, 3 * 19);
    assert_eq!(recorded.task_runs.len(), 3 * 19);
    let failed = prefect_client::StateType::Failed;
    assert_eq!(recorded.flow_state().kind, failed);
}

/// A run whose first attempt has failed, and that waits for the second one.
fn wait_for_attempt_2(project: &StandIn, proxy: &Proxy, name: &str, delay: &str) -> Stuck {
    let options = [
        "--verify-timeout",
        "5",
        "--retries",
        "1",
        "--retry-strategy",
        "full",
        "--retry-delay",
        delay,
    ];
    let mut command = project.build(&proxy.url, name, &options);
    Stuck::start_until("attempt 2 starts in", &mut command)
}

/// As a gateway does that filters requests.
#[test]
fn refused_logs_do_not_keep_the_flow_run_open() {
    let api = TestEnvironment::from_env().api;
    let began = a_minute_ago();
    let proxy = Proxy::before(&api, |request| match request {
        "POST /api/logs/" => Fate::refuse(403),
        _ => Fate::Pass,
    });
    let project = StandIn::recorded("model_fails", began, 1, Duration::ZERO);
    let name = format!("no-logs-{}", Uuid::now_v7());
    let options = ["--verify-timeout", "20"];
    Finished::of(&mut project.build(&proxy.url, &name, &options)).exits_with(1);
    assert_eq!(project.journals().len(), 1);
    let failed = prefect_client::StateType::Failed;
    let recorded = Recorded::wait_for(&name, 0);
    assert_eq!(recorded.flow_state().kind, failed);
    let mut command = project.program(&api);
    Finished::of(command.arg("replay").arg(project.path())).exits_with(0);
    let recorded = Recorded::wait_for(&name, 19);
    assert_eq!(recorded.flow_state().kind, failed);
}

/// Kills a replay after this many requests; the server acts on the last one, and its answer is lost.
fn interrupt_replay(project: &StandIn, api: &str, requests: usize) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let proxy = Proxy::before(api, move |_| {
        match counter.fetch_add(1, Ordering::Relaxed).cmp(&requests) {
            Less => Fate::Pass,
            Equal => Fate::LOSE_ANSWER,
            Greater => Fate::Cut,
        }
    });
    let mut command = project.program(&proxy.url);
    command.stderr(Stdio::null());
    let mut replay = command.arg("replay").arg(project.path()).spawn().unwrap();
    let deadline = Instant::now() + LIMIT;
    while seen.load(Ordering::Relaxed) <= requests {
        let ended = replay.try_wait().unwrap();
        assert!(ended.is_none(), "it took fewer than {requests} requests");
        assert!(Instant::now() < deadline, "the replay does not get on");
        std::thread::sleep(POLL);
    }
    replay.kill().unwrap();
    replay.wait().unwrap();
}

#[test]
fn a_journal_in_use_is_skipped() {
    let api = TestEnvironment::from_env().api;
    let name = format!("at-work-{}", Uuid::now_v7());
    let project = StandIn::held("good", a_minute_ago(), 0);
    let mut child = project
        .build(&api, &name, &["--quiet"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + LIMIT;
    while !project.half().exists() {
        assert!(Instant::now() < deadline, "the run does not get on");
        std::thread::sleep(POLL);
    }
    let journal = project.journals().remove(0);
    let replayed = |path: &Path| Finished::of(project.program(&api).arg("replay").arg(path));
    replayed(project.path())
        .exits_with(0)
        .says("in use by a run or by another replay");
    replayed(&journal)
        .exits_with(3)
        .says("in use by a run or by another replay");
    project.release();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_cannot_be_delivered_is_an_error() {
    let project = Project::new();
    let api = project.environment.api.clone();
    let file = project.path().join("x.jsonl");
    let replayed = |text: &str| {
        fs_err::write(&file, text).unwrap();
        replay(&project, &api, &[], &file)
    };
    let (run, gone) = (Uuid::now_v7(), Uuid::now_v7());
    let header = format!(
        r#"{{"header":{{"format":1,"run_id":"{run}","attempt":1,"created":"2026-01-01T00:00:00Z","args":["build"],"flow":{{"existing":{{"flow_run_id":"{gone}","own_states":true}}}}}}}}"#
    );
    replayed(&format!("{header}\n"))
        .exits_with(3)
        .says(&format!("flow run {gone} does not exist"));
    assert!(file.exists(), "what was not delivered stays");
    let newer = header.replace("\"format\":1", "\"format\":99");
    replayed(&newer).exits_with(2).says("later version");
    replayed("name: shop\n")
        .exits_with(2)
        .says("x.jsonl, line 1");
    let info = r#"{"data":{},"info":{"invocation_id":"i","level":"info","msg":"m","name":"MainReportVersion","thread":"t","ts":"2026-01-01T00:00:00Z"}}"#;
    replayed(info).exits_with(2).says("--log-level-file debug");
}
