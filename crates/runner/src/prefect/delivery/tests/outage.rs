//! Networks and servers that fail, before a real server.

use prefect_client::{Client, LogFilter, StateType, TaskRunFilter};
use uuid::Uuid;

use super::proxy::{Fate, Proxy};
use super::support::{Journal, Notices, Run, Server, client};
use crate::model::{Delivery, Effect, ExistingFlowRun, FinalState, Notice, StateKind, error_chain};
use crate::prefect::delivery::reporter::{ReportOptions, Reporter};

/// In seconds; longer than any server needs.
const TIMEOUT: u64 = 60;

async fn stored_logs(client: &Client, flow_run_id: Uuid) -> Vec<String> {
    let mut filter = LogFilter::default();
    filter.flow_run_ids = vec![flow_run_id];
    let logs = client.filter_logs(&filter).await.expect("logs");
    logs.into_iter().map(|log| log.message).collect()
}

/// A run of one node with two log lines.
fn small_run(run: &Run) -> Vec<Effect> {
    let task = run.task("one", 0, &[]);
    vec![
        Effect::NodeRunning(task.clone()),
        run.log(1, "first", None),
        run.log(2, "second", Some(&task)),
        run.finished(&task, 10, StateKind::Completed, "Completed"),
        run.ended(StateKind::Completed, "Completed"),
    ]
}

async fn assert_complete(server: &Server, delivery: &Delivery) {
    assert!(delivery.verified, "{delivery:?}");
    let id = delivery.flow_run_id.expect("a flow run");
    let client = server.client();
    let run = client.read_flow_run(id).await.expect("a flow run");
    assert_eq!(run.state.expect("a state").kind, StateType::Completed);
    assert_eq!(run.run_count, 1);
    assert_eq!(stored_logs(&client, id).await, ["first", "second"]);
    let mut filter = TaskRunFilter::default();
    filter.flow_run_ids = vec![id];
    assert_eq!(client.count_task_runs(&filter).await.expect("a count"), 1);
}

#[tokio::test]
async fn everything_is_delivered_after_an_outage() {
    let server = Server::from_env();
    let proxy = Proxy::before(&server.url, |_| Fate::Cut);
    let run = Run::new();
    let journal = Journal::default();
    let notices = Notices::default();
    let reporter = run.reporter(&client(&proxy.url), TIMEOUT);
    let report = tokio::spawn(reporter.run(journal.clone(), notices.taker()));
    journal.write(small_run(&run));
    notices
        .wait_for(|notice| matches!(notice, Notice::ApiUnreachable { .. }))
        .await;
    proxy.set(|_| Fate::Pass);
    notices
        .wait_for(|notice| matches!(notice, Notice::ApiReachable))
        .await;
    journal.close();
    let delivery = report.await.expect("no panic");
    assert_complete(&server, &delivery).await;
    let away = |notice: &&Notice| matches!(notice, Notice::ApiUnreachable { .. });
    assert_eq!(notices.all().iter().filter(away).count(), 1);
}

#[tokio::test]
async fn lost_responses_cause_no_duplicates() {
    let server = Server::from_env();
    let mut seen = std::collections::HashSet::new();
    // The first answer of every kind of request is lost, after the server has acted.
    let proxy = Proxy::before(&server.url, move |request| {
        if request.starts_with("POST") && seen.insert(request.to_owned()) {
            Fate::LOSE_ANSWER
        } else {
            Fate::Pass
        }
    });
    let run = Run::new();
    let journal = Journal::complete(small_run(&run));
    let delivery = run
        .reporter(&client(&proxy.url), TIMEOUT)
        .run(journal, |_| {})
        .await;
    assert_complete(&server, &delivery).await;
}

#[tokio::test]
async fn logs_are_neither_lost_nor_duplicated_when_a_gateway_times_out() {
    let server = Server::from_env();
    let mut refusals = 0;
    let proxy = Proxy::before(&server.url, move |request| {
        refusals += usize::from(request.starts_with("POST /api/logs/"));
        match request {
            // Never stored, though the status leaves it open.
            "POST /api/logs/" if refusals < 3 => Fate::refuse(504),
            _ => Fate::Pass,
        }
    });
    let run = Run::new();
    let journal = Journal::complete(small_run(&run));
    let delivery = run
        .reporter(&client(&proxy.url), TIMEOUT)
        .run(journal, |_| {})
        .await;
    assert_complete(&server, &delivery).await;
}

#[tokio::test]
async fn events_that_the_server_drops_are_sent_again() {
    let server = Server::from_env();
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let mut batches = 0;
    let proxy = Proxy::before(&server.url, move |request| {
        if request != "POST /api/events" {
            return Fate::Pass;
        }
        batches += 1;
        arrived.send(()).expect("awaited");
        match batches {
            2 => Fate::SWALLOW,
            _ => Fate::Pass,
        }
    });
    let run = Run::new();
    let [lost, kept] = ["lost", "kept"].map(|name| run.task(name, 0, &[]));
    let journal = Journal::default();
    let reporter = run.reporter(&client(&proxy.url), TIMEOUT);
    let report = tokio::spawn(reporter.run(journal.clone(), |_| {}));
    arrivals.recv().await.expect("the first heartbeat");
    journal.write([run.finished(&lost, 10, StateKind::Completed, "Completed")]);
    arrivals.recv().await.expect("swallowed");
    journal.write([
        run.finished(&kept, 10, StateKind::Completed, "Completed"),
        run.ended(StateKind::Completed, "Completed"),
    ]);
    journal.close();
    let delivery = report.await.expect("no panic");
    assert!(delivery.verified, "{delivery:?}");
    for (task, state_time) in [(lost, 11), (kept, 10)] {
        let task = server
            .client()
            .read_task_run(task.id)
            .await
            .expect("a task run");
        assert_eq!(task.end_time, Some(run.at(10)));
        assert_eq!(
            task.state.expect("a state").timestamp,
            Some(run.at(state_time))
        );
    }
}

#[tokio::test]
async fn an_unreachable_server_causes_one_notice() {
    for fate in [
        Fate::Cut,
        Fate::refuse(401),
        Fate::refuse(404),
        Fate::refuse(500),
    ] {
        let proxy = Proxy::before("http://127.0.0.1:9/api", move |_| fate);
        let run = Run::new();
        let notices = Notices::default();
        let delivery = run
            .reporter(&client(&proxy.url), 1)
            .run(Journal::complete(small_run(&run)), notices.taker())
            .await;
        assert!(!delivery.verified);
        assert_eq!(delivery.final_state, FinalState::NotSent);
        assert!(delivery.problem.is_some());
        assert!(
            matches!(&notices.all()[..], [Notice::ApiUnreachable { .. }]),
            "{:?}",
            notices.all()
        );
    }
}

#[tokio::test]
async fn a_run_that_needs_the_server_fails_immediately_without_it() {
    let proxy = Proxy::before("http://127.0.0.1:9/api", |_| Fate::refuse(401));
    let id = Uuid::now_v7();
    let error = Reporter::attach(
        &client(&proxy.url),
        id,
        ExistingFlowRun::owned(id),
        ReportOptions::default(),
    )
    .await
    .expect_err("refused");
    assert!(error.to_string().contains(&proxy.url), "{error}");
}

#[tokio::test]
async fn each_cause_of_a_failed_connection_has_its_own_message() {
    let id = Uuid::now_v7();
    let missing = Proxy::before("http://127.0.0.1:9/api", |_| Fate::refuse(404));
    let not_tls = missing.url.replace("http://", "https://");
    let cases = [
        (missing.url.as_str(), "404 Not Found"),
        ("http://127.0.0.1:9/api", "connection refused"),
        (not_tls.as_str(), "TLS failure"),
    ];
    for (api, cause) in cases {
        let flow_run = ExistingFlowRun::owned(id);
        let client = client(api);
        let reporter = Reporter::attach(&client, id, flow_run, ReportOptions::default());
        let message = error_chain(&reporter.await.expect_err("no connection")).to_lowercase();
        let start = format!("cannot report to flow run {id} at {api}");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.contains(&cause.to_lowercase()), "{message}");
    }
}

#[tokio::test]
async fn one_refused_log_does_not_affect_the_others() {
    let server = Server::from_env();
    let refused = std::sync::atomic::AtomicUsize::new(0);
    // The whole batch and its second half are refused for their content.
    let proxy = Proxy::before(&server.url, move |request| {
        if request != "POST /api/logs/" {
            return Fate::Pass;
        }
        match refused.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 | 2 => Fate::refuse(422),
            _ => Fate::Pass,
        }
    });
    let run = Run::new();
    let notices = Notices::default();
    let delivery = run
        .reporter(&client(&proxy.url), TIMEOUT)
        .run(Journal::complete(small_run(&run)), notices.taker())
        .await;
    let id = delivery.flow_run_id.expect("a flow run");
    assert_eq!(stored_logs(&server.client(), id).await, ["first"]);
    assert!(notices.any(|notice| matches!(notice, Notice::Omitted { .. })));
}
