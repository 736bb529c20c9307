//! Reports a run with one task run and two log lines to the configured Prefect API:
//! `PREFECT_API_URL=http://127.0.0.1:4200/api cargo run -p prefect-client --example report_a_run`.

use std::error::Error;

use jiff::{SignedDuration, Timestamp};
use prefect_client::{
    Client, Event, Log, NewFlow, NewFlowRun, NewState, Resource, Settings, StateType,
};
use serde_json::json;
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it did")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(&Settings::from_env()?)?;
    println!(
        "Prefect {} at {}",
        client.read_server_version().await?,
        client.api_url()
    );

    let flow = client.create_flow(&NewFlow::new("an example")).await?;
    let run = client.create_flow_run(&NewFlowRun::new(flow.id)).await?;
    let running = NewState::new(StateType::Running).with_transition_id(Uuid::new_v4());
    client.set_flow_run_state(run.id, &running, false).await?;

    // A task run is reported after it ended, with its own times.
    let end = Timestamp::now();
    let start = end.checked_sub(SignedDuration::from_secs(2))?;
    let task_run = Uuid::now_v7();
    let event = ended(task_run, run.id, start, end).validate()?;
    client.create_events(&[event]).await?;

    let log = |at, text: &str, task| {
        Log::new("prefect.flow_runs", 20, text, at).of_run(Some(run.id), task)
    };
    let logs = [
        log(start, "working", Some(task_run)),
        log(end, "done", None),
    ];
    client.create_logs(&logs).await?;

    let completed = NewState::new(StateType::Completed).with_transition_id(Uuid::new_v4());
    let answer = client.set_flow_run_state(run.id, &completed, false).await?;
    println!("{}: {:?}", run.name, answer.status);
    if let Some(page) = client.settings().flow_run_page(run.id) {
        println!("see {page}");
    }
    Ok(())
}

/// The event from which the server makes a complete task run.
fn ended(task_run: Uuid, flow_run: Uuid, start: Timestamp, end: Timestamp) -> Event {
    let resource = |labels: &[(&str, String)]| -> Resource {
        labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    };
    let mut event = Event::new(
        Uuid::now_v7(),
        end,
        "prefect.task-run.Completed",
        resource(&[
            (
                "prefect.resource.id",
                format!("prefect.task-run.{task_run}"),
            ),
            ("prefect.orchestration", "client".to_owned()),
        ]),
    );
    event.related = vec![resource(&[
        (
            "prefect.resource.id",
            format!("prefect.flow-run.{flow_run}"),
        ),
        ("prefect.resource.role", "flow-run".to_owned()),
    ])];
    event.payload = json!({
        "validated_state": { "type": "COMPLETED", "name": "Completed" },
        "task_run": {
            "name": "a task", "task_key": "a-task", "dynamic_key": "1",
            "start_time": start, "end_time": end,
            "total_run_time": end.duration_since(start).as_secs_f64(),
        },
    });
    event
}
