//! An API that is not there, or is not what it should be, never keeps dbt from running.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use uuid::Uuid;

use super::project::{Finished, Project};

/// dbt's answer to the question that these tests ask, since it is quick.
const LISTED: &str = "shop.raw_products";

/// Asks dbt under this API, and tells how many warnings came with the answer.
fn warnings_with_api(project: &Project, api: Option<&str>) -> (Finished, usize) {
    let mut command = project.invocation(&[], &["ls", "--select", "raw_products"]);
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
fn without_an_api_the_run_goes_on_and_says_so() {
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
fn an_api_that_is_away_is_worth_one_warning() {
    let project = Project::new();
    // A port that was free a moment ago: nobody listens there.
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
fn a_wrong_url_is_worth_one_warning() {
    let project = Project::new();
    let api = format!("{}/not/the/api", project.environment.api);
    let (finished, warnings) = warnings_with_api(&project, Some(&api));
    finished.exits_with(0).says("404");
    assert_eq!(warnings, 1, "{}", finished.stderr);
}

#[test]
fn wrong_credentials_are_worth_one_warning() {
    let project = Project::new();
    let (finished, warnings) = warnings_with_api(&project, Some(&refusing_api()));
    finished.exits_with(0).says("401");
    assert_eq!(warnings, 1, "{}", finished.stderr);
}

#[test]
fn a_flow_run_that_must_be_there_and_is_not_ends_it_before_dbt_starts() {
    let project = Project::new();
    let id = Uuid::now_v7().to_string();
    project
        .invoke(&["--flow-run-id", &id], &["build"])
        .exits_with(3)
        .says(&id);
    assert!(!project.log_file().exists(), "dbt was started");
}

/// A server that knows nobody, for as long as the tests run.
fn refusing_api() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let body = r#"{"exception_message":"Unauthorized"}"#;
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 65_536];
            // Whatever was asked, and whether or not the answer still finds a reader.
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
