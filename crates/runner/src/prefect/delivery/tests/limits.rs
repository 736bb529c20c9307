//! The budget and the rate limit.

use std::time::Duration;

use prefect_client::{Client, LogFilter, StateType, TaskRunFilter};
use uuid::Uuid;

use super::support::{Journal, Notices, Run, Server};
use crate::model::{Effect, FinalState, Notice, StateKind, TaskRun};
use crate::prefect::delivery::reporter::ReportOptions;

const NODES: u32 = 4;

/// A run of four nodes with two info logs each.
fn chatty_run(run: &Run) -> Vec<Effect> {
    let tasks: Vec<TaskRun> = (0..NODES)
        .map(|node| run.task(&format!("n{node}"), i64::from(node) * 100, &[]))
        .collect();
    let mut effects = vec![Effect::Total(NODES)];
    for (task, at) in tasks.iter().zip((0..).step_by(100)) {
        effects.extend([
            run.log(at + 1, "one", Some(task)),
            run.log(at + 2, "two", Some(task)),
            run.finished(task, at + 10, StateKind::Completed, "Completed"),
        ]);
    }
    effects.push(run.ended(StateKind::Completed, "Completed"));
    effects
}

/// How many task runs have ended, and how many logs there are.
async fn stored(client: &Client, flow_run_id: Uuid) -> (u64, usize) {
    let mut ended = TaskRunFilter::default();
    ended.flow_run_ids.push(flow_run_id);
    ended.state_types = StateType::TERMINAL.to_vec();
    let mut logs = LogFilter::default();
    logs.flow_run_ids.push(flow_run_id);
    (
        client.count_task_runs(&ended).await.expect("a count"),
        client.filter_logs(&logs).await.expect("logs").len(),
    )
}

#[tokio::test]
async fn a_budget_omits_logs_but_no_ends_of_nodes() {
    let server = Server::from_env();
    let run = Run::new();
    let notices = Notices::default();
    let options = ReportOptions {
        verify_timeout: Duration::from_secs(60),
        // Four ends, and three quarters of the free units for info logs.
        budget: Some(7),
        ..ReportOptions::default()
    };
    let delivery = run
        .reporter_with(&server.client(), options)
        .run(Journal::complete(chatty_run(&run)), notices.taker())
        .await;
    assert!(delivery.verified, "{delivery:?}");
    let id = delivery.flow_run_id.expect("a flow run");
    assert_eq!(stored(&server.client(), id).await, (4, 2));
    let expected = "not sent, because the budget is 7 units: 6 info logs";
    assert!(
        notices.any(|notice| matches!(notice, Notice::Omitted { problem } if problem == expected)),
        "{:?}",
        notices.all()
    );
}

#[tokio::test]
async fn what_the_rate_limit_delays_too_long_stays_in_the_journal() {
    let server = Server::from_env();
    let run = Run::new();
    let options = ReportOptions {
        verify_timeout: Duration::from_secs(1),
        // One immediately, and the next in two minutes.
        rate: Some(1),
        ..ReportOptions::default()
    };
    let delivery = run
        .reporter_with(&server.client(), options)
        .run(Journal::complete(chatty_run(&run)), |_| {})
        .await;
    assert!(!delivery.verified, "{delivery:?}");
    assert!(matches!(delivery.final_state, FinalState::Accepted { .. }));
    let problem = delivery.problem.expect("not all was sent");
    assert!(problem.starts_with("11 log lines"), "{problem}");
}
