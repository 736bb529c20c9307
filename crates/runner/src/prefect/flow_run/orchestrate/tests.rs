use std::time::Duration;

use serde_json::json;

use super::*;

fn answer(status: &str, state: Option<&str>, reason: &str) -> Proposal {
    let state = state.map(|kind| json!({ "type": kind, "name": kind, "id": Uuid::nil() }));
    serde_json::from_value(json!({
        "state": state,
        "status": status,
        "details": { "type": "any", "reason": reason, "delay_seconds": 7.5 },
    }))
    .expect("an answer")
}

#[test]
fn each_answer_of_the_server() {
    use StateType::{Completed, Failed, Running};
    let done = Answer::Done {
        state_id: Some(Uuid::nil()),
    };
    let cases = [
        (Running, answer("ACCEPT", Some("RUNNING"), ""), done.clone()),
        (
            Running,
            answer("WAIT", None, "Scheduled time is in the future"),
            Answer::Later(Duration::from_millis(7_500)),
        ),
        (
            Running,
            answer(
                "REJECT",
                Some("CANCELLED"),
                "This run has already made this state transition.",
            ),
            done.clone(),
        ),
        (
            Running,
            answer("REJECT", Some("PAUSED"), ""),
            Answer::Refused("the flow run is PAUSED".to_owned()),
        ),
        (
            Running,
            answer("ABORT", None, "not now"),
            Answer::Refused("not now".to_owned()),
        ),
        (
            Failed,
            answer("REJECT", Some("SCHEDULED"), "Retrying"),
            Answer::AwaitingRetry { due: None },
        ),
        (
            Failed,
            answer("REJECT", Some("CANCELLING"), "x"),
            Answer::Cancelling,
        ),
        (
            Failed,
            answer("REJECT", Some("COMPLETED"), "x"),
            Answer::AlreadyTerminal,
        ),
        (Failed, answer("REJECT", Some("FAILED"), "x"), done),
        (
            Completed,
            answer("ABORT", None, "This run is already in terminal state."),
            Answer::AlreadyTerminal,
        ),
        (
            Completed,
            answer("NEWLY_INVENTED", None, ""),
            Answer::Refused("no reason given".to_owned()),
        ),
    ];
    for (proposed, proposal, expected) in cases {
        assert_eq!(interpret(proposed, &proposal), expected, "{proposal:?}");
    }
}
