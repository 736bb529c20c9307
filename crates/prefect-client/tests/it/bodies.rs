//! The requests of each endpoint: method, path and body.

use std::collections::BTreeMap;
use std::time::Duration;

use prefect_client::{
    Client, Event, FlowRunFilter, FlowRunPatch, Log, LogFilter, NewArtifact, NewDeployment,
    NewDeploymentRun, NewFlow, NewFlowRun, NewState, NewVariable, NewWorkPool, Resource,
    RetryPolicy, Settings, SlotMode, StateType, TaskRunFilter,
};
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const ID: Uuid = Uuid::from_u128(0x1d);

/// A server that responds 400 to each request: only the requests matter.
async fn deaf_server() -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404))
        .mount(&server)
        .await;
    let client = Client::new(&Settings::with_api_url(&server.uri())).expect("a client");
    (server, client.with_retry(RetryPolicy::none()))
}

/// The requests that the server received, without those for a CSRF token.
async fn sent(server: &MockServer) -> BTreeMap<String, Value> {
    let requests = server.received_requests().await.expect("recorded");
    requests
        .iter()
        .filter(|request| request.url.path() != "/csrf-token")
        .map(|request| {
            let query = request.url.query().map(|query| format!("?{query}"));
            let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            let path = request.url.path();
            let name = format!("{} {path}{}", request.method, query.unwrap_or_default());
            (name, body)
        })
        .collect()
}

#[tokio::test]
async fn runs() {
    let (server, client) = deaf_server().await;
    let _ = client.create_flow(&NewFlow::new("nightly build")).await;
    let _ = client.read_flow_by_name("nightly build").await;
    let mut run = NewFlowRun::new(ID);
    run.name = Some("calm-otter".to_owned());
    run.tags = vec!["prod".to_owned()];
    run.idempotency_key = Some("key".to_owned());
    run.parameters.insert("args".to_owned(), json!(["build"]));
    let _ = client.create_flow_run(&run).await;
    let state = NewState::new(StateType::Failed)
        .named("TimedOut")
        .with_message(Some("too long".to_owned()))
        .with_transition_id(ID);
    let _ = client.set_flow_run_state(ID, &state, false).await;
    let mut patch = FlowRunPatch::default();
    patch.tags = Some(vec!["new".to_owned()]);
    let _ = client.update_flow_run(ID, &patch).await;
    let labels = BTreeMap::from([("team".to_owned(), json!("data"))]);
    let _ = client.label_flow_run(ID, &labels).await;
    let mut filter = FlowRunFilter::default();
    filter.names = vec!["a".to_owned()];
    filter.flow_names = vec!["f".to_owned()];
    filter.state_types = vec![StateType::Running];
    filter.idempotency_keys = vec!["key".to_owned()];
    let _ = client.filter_flow_runs(&filter).await;
    let mut filter = TaskRunFilter::default();
    filter.flow_run_ids = vec![ID];
    filter.state_types = StateType::TERMINAL.to_vec();
    let _ = client.filter_task_runs(&filter).await;
    let _ = client.count_task_runs(&filter).await;
    let _ = client.read_flow_run_graph(ID).await;
    insta::assert_json_snapshot!(sent(&server).await);
}

#[tokio::test]
async fn logs_and_events() {
    let (server, client) = deaf_server().await;
    let at = jiff::Timestamp::from_microsecond(1_790_000_000_000_001).expect("in range");
    let log = Log::new("prefect.task_runs", 30, "careful", at).of_run(Some(ID), Some(ID));
    let _ = client.create_logs(&[log]).await;
    let mut filter = LogFilter::default();
    filter.flow_run_ids = vec![ID];
    filter.min_level = Some(30);
    filter.not_before = Some(at);
    let _ = client.filter_logs(&filter).await;
    let id = ("prefect.resource.id".to_owned(), "x".to_owned());
    let event = Event::new(ID, at, "something.happened", Resource::from([id]));
    let _ = client
        .create_events(&[event.validate().expect("valid")])
        .await;
    insta::assert_json_snapshot!(sent(&server).await);
}

#[tokio::test]
async fn the_rest() {
    let (server, client) = deaf_server().await;
    let artifact = NewArtifact::new("markdown", json!("# Hi"))
        .with_key("hi")
        .of_flow_run(ID);
    let _ = client.create_artifact(&artifact).await;
    let _ = client.update_artifact(ID, &json!(50.0)).await;
    let _ = client.read_latest_artifact("hi").await;
    let _ = client.read_variable("target").await;
    let _ = client
        .create_variable(&NewVariable::new("target", json!({"a": 1})))
        .await;
    let _ = client.read_block("secret", "my token").await;
    let deployment = NewDeployment::new("nightly", ID).on_work_pool("pool");
    let _ = client.create_deployment(&deployment).await;
    let _ = client
        .create_deployment_run(ID, &NewDeploymentRun::default())
        .await;
    let _ = client.read_deployment_by_name("flow", "nightly").await;
    let _ = client
        .create_work_pool(&NewWorkPool::new("pool", "process"))
        .await;
    let _ = client.read_work_pool("pool").await;
    let _ = client.read_work_pools().await;
    let minute = Duration::from_secs(60);
    let _ = client.create_concurrency_limit("my db", 1).await;
    let _ = client.read_concurrency_limit("my db").await;
    let _ = client.take_slots(&["db"], 1, SlotMode::RateLimit).await;
    let _ = client.return_slots(&["db"], 1, minute).await;
    let _ = client.lease_slots(&["db"], 2, minute).await;
    let _ = client.renew_lease(ID, minute).await;
    let _ = client.return_lease(ID).await;
    insta::assert_json_snapshot!(sent(&server).await);
}

#[tokio::test]
async fn an_invalid_request_is_not_sent() {
    let (server, client) = deaf_server().await;
    for name in ["", "a/b", "a%", "a&b", "a>b", "a<b"] {
        let error = client
            .create_flow(&NewFlow::new(name))
            .await
            .expect_err(name);
        assert!(error.to_string().contains("flow name"), "{error}");
    }
    for name in ["", "a/b"] {
        let deployment = NewDeployment::new(name, ID);
        assert!(client.create_deployment(&deployment).await.is_err());
    }
    let artifact = NewArtifact::new("markdown", json!("")).with_key("No_Key");
    assert!(client.create_artifact(&artifact).await.is_err());
    assert!(sent(&server).await.is_empty());
}
