use serde_json::json;

use super::*;

fn resource(labels: &[(&str, &str)]) -> Resource {
    labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// An event that the recorder of task runs accepts.
fn task_run_event() -> Event {
    let id = "prefect.task-run.00000000-0000-0000-0000-000000000001";
    let labels = [
        ("prefect.resource.id", id),
        ("prefect.orchestration", "client"),
    ];
    let mut event = Event::new(
        Uuid::nil(),
        Timestamp::UNIX_EPOCH,
        "prefect.task-run.Completed",
        resource(&labels),
    );
    event.related = vec![resource(&[
        (
            "prefect.resource.id",
            "prefect.flow-run.00000000-0000-0000-0000-000000000002",
        ),
        ("prefect.resource.role", "flow-run"),
    ])];
    event.payload = json!({
        "validated_state": { "type": "COMPLETED", "name": "Completed" },
        "task_run": { "task_key": "a", "dynamic_key": "b" },
    });
    event
}

#[test]
fn a_valid_event_becomes_its_json() {
    let event = task_run_event();
    let valid = event.validate().expect("valid");
    assert_eq!(valid.id(), event.id);
    assert_eq!(valid.json(), serde_json::to_string(&event).expect("JSON"));
}

#[test]
fn every_rule_is_checked() {
    type Spoil = fn(&mut Event);
    let cases: [(Spoil, &str); 15] = [
        (|e| e.event.clear(), "its name is empty"),
        (|e| e.event = "x".repeat(1025), "longer than 1024"),
        (|e| e.resource.clear(), "a resource has no id"),
        (
            |e| e.related = vec![e.related[0].clone(); 101],
            "more than 100 related",
        ),
        (
            |e| e.related.push(resource(&[("prefect.resource.id", "x")])),
            "has no role",
        ),
        (|e| e.related.push(Resource::new()), "a resource has no id"),
        (
            |e| {
                e.resource
                    .extend((0..500).map(|n| (n.to_string(), String::new())))
            },
            "more than 500 labels",
        ),
        (
            |e| {
                let id = "prefect.task-run.7".to_owned();
                e.resource.insert("prefect.resource.id".to_owned(), id);
            },
            "not a task run with a UUID",
        ),
        (
            |e| {
                let id = "prefect.flow-run.".to_owned();
                e.related[0].insert("prefect.resource.id".to_owned(), id);
            },
            "no related flow run with a UUID",
        ),
        (
            |e| e.payload["validated_state"]["type"] = json!("completed"),
            "not a state type",
        ),
        (
            |e| e.payload["validated_state"] = json!(null),
            "payload.validated_state.name is missing",
        ),
        (
            |e| e.payload["task_run"]["task_key"] = json!(""),
            "payload.task_run.task_key is missing",
        ),
        (
            |e| e.payload["task_run"]["dynamic_key"] = json!(7),
            "payload.task_run.dynamic_key",
        ),
        (
            |e| e.payload = json!([]),
            "payload.validated_state.name is missing",
        ),
        (
            |e| e.payload["huge"] = json!("x".repeat(1_500_000)),
            "longer than 1500000 bytes",
        ),
    ];
    for (spoil, problem) in cases {
        let mut event = task_run_event();
        spoil(&mut event);
        let error = event.validate().expect_err(problem).to_string();
        assert!(error.contains(problem), "{error} should say {problem}");
    }
}

#[test]
fn other_events_need_no_task_run() {
    let labels = [("prefect.resource.id", "prefect.flow-run.x")];
    let event = Event::new(
        Uuid::nil(),
        Timestamp::UNIX_EPOCH,
        "prefect.flow-run.heartbeat",
        resource(&labels),
    );
    assert!(event.validate().is_ok());
}
