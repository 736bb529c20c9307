//! The client against a real Prefect server, which `cargo xtask test` provides.

use std::time::Duration;

use prefect_client::{
    Client, Log, LogFilter, NewArtifact, NewDeployment, NewDeploymentRun, NewFlow, NewFlowRun,
    NewState, NewVariable, NewWorkPool, Settings, SlotMode, StateType, TaskRunFilter, Verdict,
};
use serde_json::json;
use uuid::Uuid;

/// A client of the server at `PREFECT_DBT_TEST_API`.
fn from_env() -> Client {
    let url = std::env::var_os("PREFECT_DBT_TEST_API")
        .expect("PREFECT_DBT_TEST_API is not set: run `cargo xtask test`");
    let url = url.into_string().expect("a URL");
    Client::new(&Settings::with_api_url(&url)).expect("a client")
}

/// A name that no other test uses.
fn unique(name: &str) -> String {
    format!("{name}-{}", Uuid::now_v7())
}

#[tokio::test]
async fn the_server_itself() {
    let client = from_env();
    assert!(client.read_health().await.expect("healthy"));
    let version = client.read_server_version().await.expect("a version");
    assert!(version.starts_with("3."), "{version}");
}

#[tokio::test]
async fn flow_runs() {
    let client = from_env();
    let name = unique("flow");
    let flow = client
        .create_flow(&NewFlow::new(&name))
        .await
        .expect("a flow");
    assert_eq!(
        client
            .create_flow(&NewFlow::new(&name))
            .await
            .expect("found")
            .id,
        flow.id
    );
    assert_eq!(
        client.read_flow_by_name(&name).await.expect("found").id,
        flow.id
    );

    let mut run = NewFlowRun::new(flow.id);
    run.idempotency_key = Some(name.clone());
    let first = client.create_flow_run(&run).await.expect("a flow run");
    assert_eq!(
        client.create_flow_run(&run).await.expect("the same").id,
        first.id
    );
    assert_eq!(first.state.expect("a state").kind, StateType::Pending);

    let running = NewState::new(StateType::Running).with_transition_id(Uuid::new_v4());
    let accepted = client
        .set_flow_run_state(first.id, &running, false)
        .await
        .expect("an answer");
    assert_eq!(accepted.status, Verdict::Accept);
    let again = client
        .set_flow_run_state(first.id, &running, false)
        .await
        .expect("an answer");
    assert!(again.is_repetition(), "{again:?}");
    assert_eq!(
        client
            .read_flow_run(first.id)
            .await
            .expect("found")
            .run_count,
        1
    );

    let labels = [("team".to_owned(), json!("data"))].into();
    client
        .label_flow_run(first.id, &labels)
        .await
        .expect("labelled");
    let mut filter = prefect_client::FlowRunFilter::default();
    filter.idempotency_keys = vec![name];
    let found = client.filter_flow_runs(&filter).await.expect("found");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].labels.as_ref().expect("labels")["team"], "data");
    client.delete_flow_run(first.id).await.expect("deleted");
    assert!(
        client
            .read_flow_run(first.id)
            .await
            .expect_err("gone")
            .is_not_found()
    );
}

#[tokio::test]
async fn logs_are_read_in_order_and_by_time() {
    let client = from_env();
    let run = Uuid::now_v7();
    let at = |micros: i64| jiff::Timestamp::from_microsecond(1_790_000_000_000_000 + micros);
    let logs: Vec<_> = (0..250)
        .map(|n| {
            let at = at(n).expect("in range");
            Log::new("prefect.flow_runs", 20, n.to_string(), at).of_run(Some(run), None)
        })
        .collect();
    client.create_logs(&logs).await.expect("stored");
    let mut filter = LogFilter::default();
    filter.flow_run_ids = vec![run];
    filter.not_before = at(10).ok();
    filter.not_after = at(20).ok();
    let found = client.filter_logs(&filter).await.expect("logs");
    let messages: Vec<_> = found.iter().map(|log| log.message.clone()).collect();
    // The limits of the time span are included.
    let expected: Vec<_> = (10..=20).map(|n: u32| n.to_string()).collect();
    assert_eq!(messages, expected);
}

#[tokio::test]
async fn variables_keep_their_type() {
    let client = from_env();
    let name = unique("variable");
    assert_eq!(client.read_variable(&name).await.expect("an answer"), None);
    let value = json!({"threads": 4, "list": [true, null, "x"]});
    let variable = NewVariable::new(&name, value.clone());
    client.create_variable(&variable).await.expect("created");
    let found = client
        .read_variable(&name)
        .await
        .expect("an answer")
        .expect("found");
    assert_eq!(found.value, value);
    client.delete_variable(&name).await.expect("deleted");
}

#[tokio::test]
async fn blocks_say_which_fields_are_secret() {
    let client = from_env();
    let name = unique("block");
    assert!(
        client
            .read_block("secret", &name)
            .await
            .expect("an answer")
            .is_none()
    );
    assert!(
        client
            .read_block("no-such-type", &name)
            .await
            .expect("an answer")
            .is_none()
    );
    let data = json!({"value": "hunter22"});
    let data = data.as_object().expect("an object");
    client
        .create_block("secret", &name, data)
        .await
        .expect("created");
    let block = client
        .read_block("secret", &name)
        .await
        .expect("an answer")
        .expect("found");
    assert_eq!(block.data["value"], "hunter22");
    assert!(
        block.secret_fields().contains("value"),
        "{:?}",
        block.secret_fields()
    );
    assert!(!format!("{block:?}").contains("hunter22"));
    client.delete_block(block.id).await.expect("deleted");
}

#[tokio::test]
async fn a_block_type_is_registered_once_and_its_blocks_refer_to_others() {
    let client = from_env();
    let (slug, name) = (unique("type"), unique("block"));
    let fields = json!({
        "block_type_slug": slug, "type": "object", "secret_fields": ["login.password"],
        "properties": {"login": {"type": "object"}, "secret": {"type": "object"}},
    });
    for _ in 0..2 {
        let registered = client.register_block_type(&slug, &slug, &fields).await;
        registered.expect("registered");
    }
    let secret = json!({"value": "hunter22"});
    let secret = secret.as_object().expect("an object");
    let inner = client.create_block("secret", &name, secret).await;
    let inner = inner.expect("created").id;
    let data = json!({
        "login": {"user": "ada", "password": "hunter23"},
        "secret": {"$ref": {"block_document_id": inner}},
    });
    let data = data.as_object().expect("an object");
    let outer = client.create_block(&slug, &name, data).await;
    let outer = outer.expect("created").id;
    let block = client.read_block(&slug, &name).await.expect("an answer");
    let block = block.expect("found");
    assert_eq!(block.data["login"]["password"], "hunter23");
    assert_eq!(block.data["secret"]["value"], "hunter22");
    assert!(block.secret_fields().contains("login.password"));
    client.delete_block(outer).await.expect("deleted");
    client.delete_block(inner).await.expect("deleted");
}

#[tokio::test]
async fn deployments_artifacts_and_pools() {
    let client = from_env();
    let pool = unique("pool");
    assert!(
        client
            .read_work_pool(&pool)
            .await
            .expect("an answer")
            .is_none()
    );
    client
        .create_work_pool(&NewWorkPool::new(&pool, "process"))
        .await
        .expect("created");
    assert!(
        client
            .read_work_pool(&pool)
            .await
            .expect("an answer")
            .is_some()
    );
    let flow_name = unique("flow");
    let flow = client
        .create_flow(&NewFlow::new(&flow_name))
        .await
        .expect("a flow");
    let mut deployment = NewDeployment::new("nightly", flow.id).on_work_pool(&pool);
    deployment
        .job_variables
        .insert("command".to_owned(), json!("/bin/true"));
    let created = client
        .create_deployment(&deployment)
        .await
        .expect("created");
    let found = client
        .read_deployment_by_name(&flow_name, "nightly")
        .await
        .expect("found");
    assert_eq!((found.id, found.work_pool_name), (created.id, Some(pool)));
    let run = client
        .create_deployment_run(created.id, &NewDeploymentRun::default())
        .await
        .expect("a run");
    assert_eq!(run.deployment_id, Some(created.id));

    let key = unique("key");
    let artifact = NewArtifact::new("markdown", json!("# Hi"))
        .with_key(&key)
        .of_flow_run(run.id);
    let artifact = client.create_artifact(&artifact).await.expect("created");
    client
        .update_artifact(artifact.id, &json!("# Ho"))
        .await
        .expect("updated");
    assert_eq!(
        client.read_latest_artifact(&key).await.expect("found").data,
        "# Ho"
    );
}

#[tokio::test]
async fn slots_of_a_missing_limit_are_free() {
    let client = from_env();
    let name = unique("limit");
    let limits = client
        .take_slots(&[&name], 1, SlotMode::Concurrency)
        .await
        .expect("an answer");
    assert!(limits.is_empty());
    client
        .return_slots(&[&name], 1, Duration::from_secs(1))
        .await
        .expect("given back");
}

#[tokio::test]
async fn a_slot_is_held_under_a_lease() {
    let client = from_env();
    let name = unique("lock");
    let limit = client.read_concurrency_limit(&name).await.expect("none");
    assert_eq!(limit, None);
    client
        .create_concurrency_limit(&name, 1)
        .await
        .expect("created");
    let twice = client.create_concurrency_limit(&name, 1).await;
    assert_eq!(twice.expect_err("it exists").status(), Some(409));

    let minute = Duration::from_secs(60);
    let lease = client.lease_slots(&[&name], 1, minute).await;
    let lease = lease.expect("a free slot");
    assert_eq!(lease.limits[0].name, name);
    let refused = client.lease_slots(&[&name], 1, minute).await;
    let refused = refused.expect_err("no free slot");
    assert_eq!(refused.status(), Some(423));
    assert!(refused.retry_after().is_some());
    client
        .renew_lease(lease.lease_id, minute)
        .await
        .expect("renewed");

    let limit = client.read_concurrency_limit(&name).await.expect("found");
    let limit = limit.expect("a limit");
    assert_eq!((limit.limit, limit.active_slots), (1, 1));
    assert!(limit.active && limit.slot_decay_per_second == 0.0);
    client
        .return_lease(lease.lease_id)
        .await
        .expect("given back");
    let renewal = client.renew_lease(lease.lease_id, minute).await;
    assert_eq!(renewal.expect_err("it ended").status(), Some(410));
    let limit = client.read_concurrency_limit(&name).await.expect("found");
    assert_eq!(limit.expect("a limit").active_slots, 0);
}

#[tokio::test]
async fn missing_task_runs() {
    let client = from_env();
    let mut filter = TaskRunFilter::default();
    filter.ids = vec![Uuid::now_v7()];
    assert_eq!(client.count_task_runs(&filter).await.expect("a count"), 0);
    assert!(
        client
            .filter_task_runs(&filter)
            .await
            .expect("none")
            .is_empty()
    );
}
