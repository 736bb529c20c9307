//! Deliveries of journals to a server.

use std::collections::BTreeSet;

use prefect_client::{
    FlowRun, LogFilter, NewFlow, NewFlowRun, NewState, StateType, TaskRun as StoredTaskRun,
    TaskRunFilter,
};
use serde_json::Value;
use uuid::Uuid;

use super::support::{Journal, Notices, Run, Server};
use crate::model::{Effect, ExistingFlowRun, FinalState, Notice, StateKind};
use crate::prefect::delivery::reporter::{ReportOptions, Reporter};
use crate::prefect::flow_run::ReportError;

/// In seconds; longer than any server needs, so that tests do not depend on its speed.
const TIMEOUT: u64 = 60;

async fn flow_run(server: &Server, id: Uuid) -> FlowRun {
    server.client().read_flow_run(id).await.expect("a flow run")
}

async fn task_runs(server: &Server, flow_run_id: Uuid) -> Vec<StoredTaskRun> {
    let mut filter = TaskRunFilter::default();
    filter.flow_run_ids = vec![flow_run_id];
    let client = server.client();
    client.filter_task_runs(&filter).await.expect("task runs")
}

#[tokio::test]
async fn task_runs_are_reported_without_a_flow_run() {
    let server = Server::from_env();
    let run = Run::new();
    let model = run.task("model", 100, &[]);
    let journal = Journal::complete(vec![
        run.log(0, "of nobody", None),
        run.log(150, "of the model", Some(&model)),
        run.finished(&model, 2_000_003, StateKind::Completed, "Completed"),
        run.ended(StateKind::Completed, "Completed"),
    ]);
    let options = ReportOptions {
        verify_timeout: std::time::Duration::from_secs(TIMEOUT),
        ..ReportOptions::default()
    };
    let delivery = Reporter::without_flow_run(&server.client(), run.id, options)
        .run(journal, |_| {})
        .await;
    assert!(delivery.verified, "{delivery:?}");
    assert_eq!(delivery.final_state, FinalState::NotOwned);
    let mut filter = TaskRunFilter::default();
    filter.ids = vec![model.id];
    let found = server.client().filter_task_runs(&filter).await;
    let found = found.expect("task runs");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].flow_run_id, None);
}

#[tokio::test]
async fn a_run_is_reported_exactly() {
    let server = Server::from_env();
    let run = Run::new();
    let seed = run.task("seed", 100, &[]);
    let model = run.task("model", 2_000_017, &[&seed]);
    let skipped = run.task("skipped", 3_500_000, &[&model]);
    let journal = Journal::complete(vec![
        run.log(0, "Running with dbt", None),
        Effect::NodeRunning(seed.clone()),
        run.log(150, "START seed", Some(&seed)),
        run.log(150, "a second line of the same time", Some(&seed)),
        run.finished(&seed, 2_000_003, StateKind::Completed, "Completed"),
        Effect::NodeRunning(model.clone()),
        run.finished(&model, 3_500_000, StateKind::Failed, "Failed"),
        run.finished(&skipped, 3_500_000, StateKind::Cancelled, "Skipped"),
        run.log(4_000_000, "", None),
        run.ended(StateKind::Failed, "Failed"),
    ]);
    let notices = Notices::default();
    let delivery = run
        .reporter(&server.client(), TIMEOUT)
        .run(journal, notices.taker())
        .await;
    assert!(delivery.verified, "{delivery:?}");
    assert_eq!(delivery.task_runs, 3);
    assert!(matches!(
        delivery.final_state,
        FinalState::Accepted {
            state_id: Some(_),
            ..
        }
    ));
    let id = delivery.flow_run_id.expect("a flow run");
    assert!(
        matches!(&notices.all()[..], [Notice::Connected { flow_run_id, .. }] if *flow_run_id == id)
    );

    let stored = flow_run(&server, id).await;
    let state = stored.state.expect("a state");
    assert_eq!(
        (state.kind, state.message.as_deref()),
        (StateType::Failed, Some("the whole story"))
    );
    assert_eq!(stored.tags, ["tested"]);
    assert_eq!(stored.idempotency_key, Some(run.id.to_string()));

    let stored = task_runs(&server, id).await;
    assert_eq!(stored.len(), 3);
    let find = |id| stored.iter().find(|task| task.id == id).expect("recorded");
    let stored_seed = find(seed.id);
    assert_eq!(stored_seed.name, "model seed");
    assert_eq!(stored_seed.start_time, Some(run.at(100)));
    assert_eq!(stored_seed.end_time, Some(run.at(2_000_003)));
    assert!((stored_seed.total_run_time - 1.999_903).abs() < 1e-9);
    assert_eq!(stored_seed.task_key, "model.shop.seed");
    let labels = stored_seed.labels.as_ref().expect("labels");
    assert_eq!(labels["dbt.unique_id"], "model.shop.seed");
    let state = |id| find(id).state.clone().expect("a state");
    assert_eq!(state(model.id).kind, StateType::Failed);
    assert_eq!(state(model.id).message.as_deref(), Some("Failed!"));
    assert_eq!(state(skipped.id).name, "Skipped");
    // Began and ended at one time: the state alone is a microsecond later.
    assert_eq!(find(skipped.id).start_time, find(skipped.id).end_time);
    assert_eq!(state(skipped.id).timestamp, Some(run.at(3_500_001)));

    let graph = server
        .client()
        .read_flow_run_graph(id)
        .await
        .expect("a graph");
    assert_eq!(
        edges(&graph),
        BTreeSet::from([(seed.id, model.id), (model.id, skipped.id)])
    );

    let mut filter = LogFilter::default();
    filter.flow_run_ids = vec![id];
    let logs = server.client().filter_logs(&filter).await.expect("logs");
    let lines: Vec<_> = logs
        .iter()
        .map(|log| (log.message.as_str(), log.task_run_id, log.timestamp))
        .collect();
    assert_eq!(
        lines,
        [
            ("Running with dbt", None, run.at(0)),
            ("START seed", Some(seed.id), run.at(150)),
            ("a second line of the same time", Some(seed.id), run.at(151)),
            ("", None, run.at(4_000_000)),
        ]
    );
}

/// Pairs of upstream and downstream.
fn edges(graph: &Value) -> BTreeSet<(Uuid, Uuid)> {
    let id = |value: &Value| {
        value
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id")
    };
    let nodes = graph["nodes"].as_array().expect("nodes");
    nodes
        .iter()
        .flat_map(|node| {
            let parents = node[1]["parents"].as_array().expect("parents");
            parents
                .iter()
                .map(move |parent| (id(&parent["id"]), id(&node[0])))
        })
        .collect()
}

#[tokio::test]
async fn a_run_is_reported_while_it_runs() {
    let server = Server::from_env();
    let run = Run::new();
    let task = run.task("slow", 0, &[]);
    let journal = Journal::default();
    journal.write([Effect::NodeRunning(task.clone())]);
    let reporter = run.reporter(&server.client(), TIMEOUT);
    let report = tokio::spawn(reporter.run(journal.clone(), |_| {}));
    let seen = stored(&server, task.id).await;
    assert_eq!(seen.state.expect("a state").kind, StateType::Running);
    journal.write([
        run.finished(&task, 1_000_000, StateKind::Completed, "Completed"),
        run.ended(StateKind::Completed, "Completed"),
    ]);
    journal.close();
    let delivery = report.await.expect("no panic");
    assert!(delivery.verified, "{delivery:?}");
    let seen = stored(&server, task.id).await;
    assert_eq!(seen.state.expect("a state").kind, StateType::Completed);
    assert_eq!(seen.start_time, Some(run.at(0)));
}

/// A task run, once it is there with its state, which the server stores a moment later.
async fn stored(server: &Server, id: Uuid) -> prefect_client::TaskRun {
    loop {
        match server.client().read_task_run(id).await {
            Ok(seen) if seen.state.is_none() => {}
            Ok(seen) => return seen,
            Err(error) => assert!(error.is_not_found(), "{error}"),
        }
    }
}

/// A flow run of another client.
async fn foreign_run(server: &Server, state: StateType) -> Uuid {
    let client = server.client();
    let flow = client
        .create_flow(&NewFlow::new("somebody's"))
        .await
        .expect("a flow");
    let run = client
        .create_flow_run(&NewFlowRun::new(flow.id))
        .await
        .expect("a flow run");
    if state != StateType::Pending {
        let state = NewState::new(state);
        client
            .set_flow_run_state(run.id, &state, false)
            .await
            .expect("an answer");
    }
    run.id
}

#[tokio::test]
async fn a_pending_flow_run_is_owned_and_a_running_one_is_attached() {
    let server = Server::from_env();
    let client = server.client();
    let waiting = foreign_run(&server, StateType::Pending).await;
    let running = foreign_run(&server, StateType::Running).await;
    assert_eq!(
        Reporter::probe(&client, waiting).await.ok(),
        Some(ExistingFlowRun::owned(waiting))
    );
    assert_eq!(
        Reporter::probe(&client, running).await.ok(),
        Some(ExistingFlowRun::attached(running))
    );

    for (attached, expected) in [
        (ExistingFlowRun::owned(waiting), StateType::Completed),
        (ExistingFlowRun::attached(running), StateType::Running),
    ] {
        let run = Run::new();
        let task = run.task("one", 0, &[]);
        let options = ReportOptions {
            verify_timeout: std::time::Duration::from_secs(TIMEOUT),
            ..ReportOptions::default()
        };
        let reporter = Reporter::attach(&client, run.id, attached, options)
            .await
            .expect("attached");
        let state = flow_run(&server, attached.id).await.state.expect("a state");
        assert_eq!(state.kind, StateType::Running);
        let journal = Journal::complete(vec![
            run.finished(&task, 10, StateKind::Completed, "Completed"),
            run.ended(StateKind::Completed, "Completed"),
        ]);
        let delivery = reporter.run(journal, |_| {}).await;
        assert!(delivery.verified, "{delivery:?}");
        assert_eq!(
            flow_run(&server, attached.id)
                .await
                .state
                .expect("a state")
                .kind,
            expected
        );
        assert_eq!(task_runs(&server, attached.id).await.len(), 1);
    }
}

#[tokio::test]
async fn two_invocations_of_one_flow_run_have_separate_task_runs() {
    let server = Server::from_env();
    let id = foreign_run(&server, StateType::Running).await;
    for _ in 0..2 {
        let run = Run::new();
        let task = run.task("same", 0, &[]);
        let reporter = Reporter::attach(
            &server.client(),
            run.id,
            ExistingFlowRun::attached(id),
            ReportOptions::default(),
        )
        .await
        .expect("attached");
        let journal = Journal::complete(vec![
            run.finished(&task, 10, StateKind::Completed, "Completed"),
            run.ended(StateKind::Completed, "Completed"),
        ]);
        reporter.run(journal, |_| {}).await;
    }
    let client = server.client();
    let mut filter = TaskRunFilter::default();
    filter.flow_run_ids = vec![id];
    while client.count_task_runs(&filter).await.expect("a count") < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_flow_run_that_is_being_cancelled_ends_cancelled() {
    let server = Server::from_env();
    let run = Run::new();
    let id = foreign_run(&server, StateType::Pending).await;
    let client = server.client();
    let reporter = Reporter::attach(
        &client,
        run.id,
        ExistingFlowRun::owned(id),
        ReportOptions::default(),
    )
    .await
    .expect("attached");
    let stop = NewState::new(StateType::Cancelling);
    client
        .set_flow_run_state(id, &stop, false)
        .await
        .expect("an answer");
    let journal = Journal::complete(vec![run.ended(StateKind::Failed, "Failed")]);
    let delivery = reporter.run(journal, |_| {}).await;
    assert!(
        matches!(delivery.final_state, FinalState::Accepted { .. }),
        "{delivery:?}"
    );
    let state = flow_run(&server, id).await.state.expect("a state");
    assert_eq!(state.kind, StateType::Cancelled);
}

#[tokio::test]
async fn a_flow_run_that_has_ended_keeps_its_state() {
    let server = Server::from_env();
    let run = Run::new();
    let id = foreign_run(&server, StateType::Pending).await;
    let client = server.client();
    let reporter = Reporter::attach(
        &client,
        run.id,
        ExistingFlowRun::owned(id),
        ReportOptions::default(),
    )
    .await
    .expect("attached");
    let end = NewState::new(StateType::Cancelled);
    client
        .set_flow_run_state(id, &end, true)
        .await
        .expect("an answer");
    let journal = Journal::complete(vec![run.ended(StateKind::Crashed, "Crashed")]);
    let delivery = reporter.run(journal, |_| {}).await;
    assert_eq!(delivery.final_state, FinalState::AlreadyTerminal);
    assert!(delivery.verified);
}

#[tokio::test]
async fn a_missing_flow_run_is_an_error_before_dbt_starts() {
    let server = Server::from_env();
    let id = Uuid::now_v7();
    let error = Reporter::attach(
        &server.client(),
        id,
        ExistingFlowRun::owned(id),
        ReportOptions::default(),
    )
    .await
    .expect_err("no such run");
    assert!(matches!(error, ReportError::Unreachable { source, .. } if source.is_not_found()));
}
