//! An API that is missing, not reachable or wrong never keeps dbt from running.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use uuid::Uuid;

use super::project::{AWAY, Finished, Project};

/// What `dbt ls` prints; the tests use it because it is quick.
const LISTED: &str = "shop.raw_products";

/// Runs `ls` with this API. Returns also the number of warnings.
fn warnings_with_api(project: &Project, api: Option<&str>) -> (Finished, usize) {
    let mut command = project.invocation(&AWAY, &["ls", "--select", "raw_products"]);
    match api {
        Some(api) => command.env("PREFECT_API_URL", api),
        None => command.env_remove("PREFECT_API_URL"),
    };
    let finished = Finished::of(&mut command);
    assert_eq!(
        finished.stdout.trim(),
        LISTED,
        "stderr:\n{}",
        finished.stderr
    );
    let warnings = finished
        .stderr
        .lines()
        .filter(|line| line.contains("WARN") || line.contains("warning:"));
    let count = warnings.count();
    (finished, count)
}

#[test]
fn without_an_api_the_run_continues_with_one_warning() {
    let project = Project::new();
    let (finished, _) = warnings_with_api(&project, None);
    finished.exits_with(0);
    assert_eq!(
        finished.stderr.matches("PREFECT_API_URL").count(),
        1,
        "{}",
        finished.stderr
    );
}

#[test]
fn an_unreachable_api_gives_one_warning() {
    let project = Project::new();
    // A port that was free a moment ago: nothing listens there.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (finished, warnings) =
        warnings_with_api(&project, Some(&format!("http://127.0.0.1:{port}/api")));
    finished.exits_with(0);
    assert_eq!(warnings, 1, "{}", finished.stderr);
}

#[test]
fn a_wrong_url_gives_one_warning() {
    let project = Project::new();
    let api = format!("{}/not/the/api", project.environment.api);
    let (finished, warnings) = warnings_with_api(&project, Some(&api));
    finished.exits_with(0).says("404");
    assert_eq!(warnings, 1, "{}", finished.stderr);
}

#[test]
fn wrong_credentials_give_one_warning() {
    let project = Project::new();
    let (finished, warnings) = warnings_with_api(&project, Some(&refusing_api()));
    finished.exits_with(0).says("401");
    assert_eq!(warnings, 1, "{}", finished.stderr);
}

#[test]
fn a_flow_run_that_does_not_exist_is_an_error_before_dbt_starts() {
    let project = Project::new();
    let id = Uuid::now_v7().to_string();
    project
        .invoke(&["--flow-run-id", &id], &["build"])
        .exits_with(3)
        .says(&id);
    assert!(!project.log_file().exists(), "dbt was started");
}

/// A server that refuses all credentials, for as long as the tests run.
fn refusing_api() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let body = r#"{"exception_message":"Unauthorized"}"#;
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 65_536];
            // The same answer to every request, even if the client is gone.
            let _ = stream.read(&mut request);
            let _ = write!(
                stream,
                "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    format!("http://127.0.0.1:{port}/api")
}
