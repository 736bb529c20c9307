//! Credentials, CSRF tokens, retries and failures.

use std::time::Duration;

use prefect_client::{
    Client, ErrorKind, LARGEST_BODY, Log, Request, RetryPolicy, Settings, Sources, TransportKind,
};
use serde_json::Value;
use wiremock::matchers::{header, header_exists, method, path, query_param, query_param_contains};
use wiremock::{Mock, MockServer, Request as Received, ResponseTemplate};

const NO_CSRF: u16 = 422;

/// A server without CSRF protection.
async fn server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/api/csrf-token"))
        .respond_with(ResponseTemplate::new(NO_CSRF))
        .mount(&server)
        .await;
    server
}

fn settings(server: &MockServer, more: &[(&str, &str)]) -> Settings {
    let mut sources = Sources::default();
    let url = format!("{}/api", server.uri());
    sources.environment = std::iter::once(("PREFECT_API_URL", url.as_str()))
        .chain(more.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Settings::from_sources(&sources).expect("settings")
}

/// A client that retries without a delay.
fn client(server: &MockServer) -> Client {
    let settings = settings(server, &[]);
    let retry = settings.retry.clone().with_pace(5, Duration::ZERO);
    Client::new(&settings).expect("a client").with_retry(retry)
}

async fn requests(server: &MockServer, wanted: &str) -> Vec<Received> {
    let requests = server.received_requests().await.expect("recorded");
    requests
        .into_iter()
        .filter(|request| request.url.path() == wanted)
        .collect()
}

fn log() -> Log {
    Log::new("x", 20, "y", jiff::Timestamp::UNIX_EPOCH)
}

#[tokio::test]
async fn headers_of_every_request() {
    let server = server().await;
    let settings = settings(
        &server,
        &[
            ("PREFECT_API_KEY", "my-key"),
            (
                "PREFECT_CLIENT_CUSTOM_HEADERS",
                r#"{"X-Team": "data", "user-agent": "no"}"#,
            ),
            ("PREFECT__FLOW_NAME", "a flow"),
        ],
    );
    Mock::given(method("GET"))
        .and(path("/api/health"))
        .and(header("authorization", "Bearer my-key"))
        .and(header("x-prefect-api-version", "0.8.4"))
        .and(header("x-team", "data"))
        .and(header("x-prefect-flow-name", "aflow"))
        .respond_with(ResponseTemplate::new(200).set_body_string("true"))
        .mount(&server)
        .await;
    let client = Client::new(&settings).expect("a client");
    assert!(client.read_health().await.expect("healthy"));
    let agent = &requests(&server, "/api/health").await[0].headers["user-agent"];
    assert!(agent.to_str().expect("text").starts_with("prefect-client/"));
}

#[tokio::test]
async fn the_auth_string_has_precedence_over_the_key() {
    let server = server().await;
    let both = [
        ("PREFECT_API_KEY", "my-key"),
        ("PREFECT_API_AUTH_STRING", "admin:pass"),
    ];
    Mock::given(header("authorization", "Basic YWRtaW46cGFzcw=="))
        .respond_with(ResponseTemplate::new(200).set_body_string("true"))
        .mount(&server)
        .await;
    let client = Client::new(&settings(&server, &both)).expect("a client");
    assert!(client.read_health().await.expect("healthy"));
}

#[tokio::test]
async fn a_csrf_token_is_fetched_once_and_again_when_it_is_stale() {
    let server = MockServer::start().await;
    let token = |text: &str| {
        ResponseTemplate::new(200).set_body_json(serde_json::json!({
            "token": text, "expiration": "2999-01-01T00:00:00Z", "client": "c", "id": null,
        }))
    };
    Mock::given(path("/api/csrf-token"))
        .and(query_param_contains("client", "-"))
        .respond_with(token("old"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/csrf-token"))
        .respond_with(token("new"))
        .mount(&server)
        .await;
    Mock::given(path("/api/logs/"))
        .and(header("prefect-csrf-token", "old"))
        .respond_with(
            ResponseTemplate::new(403)
                .set_body_string(r#"{"detail": "Invalid CSRF token or client identifier."}"#),
        )
        .mount(&server)
        .await;
    Mock::given(path("/api/logs/"))
        .and(header("prefect-csrf-token", "new"))
        .and(header_exists("prefect-csrf-client"))
        .respond_with(ResponseTemplate::new(201))
        .mount(&server)
        .await;
    let client = client(&server);
    for _ in 0..2 {
        client.create_logs(&[log()]).await.expect("stored");
    }
    assert_eq!(requests(&server, "/api/csrf-token").await.len(), 2);
    assert_eq!(requests(&server, "/api/logs/").await.len(), 3);
}

#[tokio::test]
async fn a_server_without_csrf_protection_is_asked_for_a_token_once() {
    let server = server().await;
    Mock::given(path("/api/logs/"))
        .respond_with(ResponseTemplate::new(201))
        .mount(&server)
        .await;
    let client = client(&server);
    for _ in 0..3 {
        client.clone().create_logs(&[log()]).await.expect("stored");
    }
    assert_eq!(requests(&server, "/api/csrf-token").await.len(), 1);
}

#[tokio::test]
async fn a_503_is_retried() {
    let server = server().await;
    Mock::given(path("/api/logs/"))
        .respond_with(ResponseTemplate::new(503).insert_header("retry-after", "0"))
        .up_to_n_times(3)
        .mount(&server)
        .await;
    Mock::given(path("/api/logs/"))
        .respond_with(ResponseTemplate::new(201))
        .mount(&server)
        .await;
    client(&server).create_logs(&[log()]).await.expect("stored");
    assert_eq!(requests(&server, "/api/logs/").await.len(), 4);
}

#[tokio::test]
async fn logs_that_may_be_stored_are_not_sent_twice() {
    let server = server().await;
    Mock::given(path("/api/logs/"))
        .respond_with(ResponseTemplate::new(502))
        .mount(&server)
        .await;
    let error = client(&server)
        .create_logs(&[log()])
        .await
        .expect_err("refused");
    assert!(error.may_have_acted());
    assert_eq!(requests(&server, "/api/logs/").await.len(), 1);
}

#[tokio::test]
async fn a_failure_status_carries_the_explanation_of_the_server() {
    let bodies = [
        (
            401,
            r#"{"exception_message": "Unauthorized"}"#,
            "Unauthorized",
        ),
        (404, r#"{"detail": "Not Found"}"#, "Not Found"),
        (
            422,
            r#"{"exception_message": "Invalid request received.", "exception_detail": [{"loc": ["body", "name"]}]}"#,
            r#"[{"loc":["body","name"]}]"#,
        ),
        (500, "<html>oops</html>", "<html>oops</html>"),
        (500, "", ""),
    ];
    for (status, body, expected) in bodies {
        let server = server().await;
        Mock::given(path("/api/admin/version"))
            .respond_with(ResponseTemplate::new(status).set_body_string(body))
            .mount(&server)
            .await;
        let error = client(&server)
            .read_server_version()
            .await
            .expect_err("refused");
        let ErrorKind::Status {
            status: received,
            detail,
            ..
        } = error.kind()
        else {
            panic!("{error:?}");
        };
        assert_eq!((*received, detail.as_str()), (status, expected));
        assert!(error.to_string().starts_with(&format!(
            "GET {}/api/admin/version failed with status {status}",
            server.uri()
        )));
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read_to_its_end() {
    let server = server().await;
    for (extra, is_read) in [(0, true), (1, false)] {
        // With its quotation marks, a text of JSON.
        let body = format!("\"{}\"", "x".repeat(LARGEST_BODY - 2 + extra));
        server.reset().await;
        Mock::given(path("/api/admin/version"))
            .respond_with(ResponseTemplate::new(200).set_body_string(body))
            .expect(1)
            .mount(&server)
            .await;
        let version = client(&server).read_server_version().await;
        assert_eq!(version.is_ok(), is_read);
        if let Err(error) = version {
            let text = error.to_string();
            assert!(
                text.ends_with("returned a body of more than 64 MiB"),
                "{text}"
            );
            assert!(!error.is_temporary());
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_from_the_api_is_undecodable() {
    let server = server().await;
    Mock::given(path("/api/admin/version"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>a login page</html>"))
        .mount(&server)
        .await;
    let error = client(&server)
        .read_server_version()
        .await
        .expect_err("no version");
    assert!(
        matches!(error.kind(), ErrorKind::Undecodable { body, .. } if body.contains("login")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_a_failure() {
    let server = server().await;
    Mock::given(path("/api/health"))
        .respond_with(ResponseTemplate::new(307).insert_header("location", "https://elsewhere/"))
        .mount(&server)
        .await;
    let error = client(&server).read_health().await.expect_err("refused");
    assert_eq!(error.status(), Some(307));
}

#[tokio::test]
async fn a_refused_connection_fails_at_once() {
    let client = Client::new(&Settings::with_api_url("http://127.0.0.1:1/api")).expect("a client");
    let error = client.read_health().await.expect_err("no server");
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Transport {
                kind: TransportKind::ConnectionRefused,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!client.has_reached_server());
}

#[tokio::test]
async fn a_slow_server_is_a_timeout() {
    let server = server().await;
    Mock::given(path("/api/health"))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(600)))
        .mount(&server)
        .await;
    let settings = settings(&server, &[("PREFECT_API_REQUEST_TIMEOUT", "0.05")]);
    let client = Client::new(&settings)
        .expect("a client")
        .with_retry(RetryPolicy::none());
    let error = client.read_health().await.expect_err("too slow");
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Transport {
                kind: TransportKind::Timeout,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.may_have_acted());
}

#[tokio::test]
async fn no_error_shows_a_credential() {
    let server = server().await;
    let echo = |status: u16| {
        ResponseTemplate::new(status).set_body_string(
            "your key sesame-1 and admin:sesame-2 and sesame-3 and sesame-4 are wrong",
        )
    };
    Mock::given(path("/api/health"))
        .respond_with(echo(401))
        .mount(&server)
        .await;
    Mock::given(path("/api/admin/version"))
        .respond_with(echo(200))
        .mount(&server)
        .await;
    let url = server.uri().replace("http://", "http://me:sesame-4@") + "/api";
    let secret = [
        ("PREFECT_API_URL", url.as_str()),
        ("PREFECT_API_KEY", "sesame-1"),
        ("PREFECT_API_AUTH_STRING", "admin:sesame-2"),
        ("PREFECT_CLIENT_CUSTOM_HEADERS", r#"{"X-Auth": "sesame-3"}"#),
    ];
    let settings = settings(&server, &secret);
    let client = Client::new(&settings).expect("a client");
    let refused = client.read_health().await.expect_err("refused");
    let undecodable = client.read_server_version().await.expect_err("undecodable");
    let dead = url.replace(&server.address().port().to_string(), "1");
    let dead = Client::new(&Settings::with_api_url(&dead)).expect("a client");
    let lost = dead.read_health().await.expect_err("no server");
    let shown = format!(
        "{refused} {refused:?} {undecodable} {undecodable:?} {lost} {lost:?} {client:?} {settings:?} {}",
        client.api_url()
    );
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn a_client_that_cannot_be_set_up_says_why() {
    let cases: [(&str, &str); 4] = [
        ("PREFECT_API_URL", ""),
        ("PREFECT_API_URL", "localhost:4200/api"),
        ("PREFECT_API_SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("PREFECT_CLIENT_CUSTOM_HEADERS", r#"{"bad name": "x"}"#),
    ];
    let errors = cases.map(|(name, value)| {
        let mut sources = Sources::default();
        sources
            .environment
            .insert("PREFECT_API_URL".to_owned(), "https://x/api".to_owned());
        sources
            .environment
            .insert(name.to_owned(), value.to_owned());
        let settings = Settings::from_sources(&sources).expect("settings");
        Client::new(&settings).expect_err(name).to_string()
    });
    insta::assert_debug_snapshot!(errors);
}

#[tokio::test]
async fn a_client_chooses_no_cryptography_for_the_whole_process() {
    let server = server().await;
    Mock::given(path("/api/health"))
        .respond_with(ResponseTemplate::new(200).set_body_string("true"))
        .mount(&server)
        .await;
    assert!(client(&server).read_health().await.expect("an answer"));
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}

#[tokio::test]
async fn a_request_to_any_endpoint_is_sent_like_the_others() {
    let server = server().await;
    Mock::given(method("PUT"))
        .and(path("/api/a/b"))
        .and(query_param("q", "a&b=c d"))
        .and(header("authorization", "Bearer sesame"))
        .respond_with(ResponseTemplate::new(500).set_body_string("sesame is wrong"))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/c"))
        .respond_with(ResponseTemplate::new(502))
        .mount(&server)
        .await;
    let settings = settings(&server, &[("PREFECT_API_KEY", "sesame")]);
    let retry = settings.retry.clone().with_pace(2, Duration::ZERO);
    let client = Client::new(&settings).expect("a client").with_retry(retry);

    let put = Request::put("/a/b").query("q", "a&b=c d");
    let put = put.json(&serde_json::json!({"x": 1})).expect("JSON");
    assert_eq!(format!("{put:?}"), "Request(PUT /a/b)");
    let error = client.send::<Value>(&put).await.expect_err("refused");
    let text = error.to_string();
    assert!(
        text.starts_with("PUT http://")
            && text.ends_with("/a/b failed with status 500 Internal Server Error: *** is wrong"),
        "{text}"
    );
    assert_eq!(requests(&server, "/api/a/b").await[0].body, br#"{"x":1}"#);

    let post = Request::post("/c");
    client.send::<Value>(&post).await.expect_err("unavailable");
    assert_eq!(requests(&server, "/api/c").await.len(), 1);
    let post = post.repeatable(true);
    client.send::<Value>(&post).await.expect_err("unavailable");
    assert_eq!(requests(&server, "/api/c").await.len(), 1 + 3);
}

#[tokio::test]
async fn a_path_cannot_take_the_credentials_elsewhere() {
    let client = Client::new(&Settings::with_api_url("http://127.0.0.1:1")).expect("a client");
    for path in ["@elsewhere/health", ".elsewhere/health", ":2/health", ""] {
        let error = client.send::<Value>(&Request::get(path)).await;
        let kind = error.expect_err("refused");
        assert!(
            matches!(kind.kind(), ErrorKind::InvalidRequest { .. }),
            "{kind:?}"
        );
    }
}
