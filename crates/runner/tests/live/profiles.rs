//! A profiles.yml with references to Prefect blocks and variables, rendered for the real dbt.

use std::path::Path;
use std::time::{Duration, Instant};

use prefect_client::{Client, FlowRunFilter, Settings, StateType, TaskRunFilter};
use tokio::runtime::{Builder, Runtime};

use super::guarded_server::{AUTH, GuardedServer};
use super::project::{Finished, Project};
use super::references::{References, SECRETS};

const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(200);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn profiles_use_blocks_and_variables() {
    let (project, runtime) = (Project::new(), runtime());
    let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
    let references = References::make(&project, client, &runtime);
    let args = [
        "build",
        "--exclude-resource-type",
        "test",
        "--select",
        "raw_orders",
        "stg_orders",
    ];

    project.invoke(&[], &args).exits_with(0);
    assert!(project.path().join("dev.duckdb").exists());
    assert!(!project.path().join("prod.duckdb").exists());

    runtime.block_on(references.choose("prod"));
    // Of the places that name profiles.yml for dbt, ours must win.
    let elsewhere = project.path().join("seeds");
    let mut command = project.invocation(&[], &args);
    command
        .args(["--profiles-dir", "."])
        .env("DBT_ENGINE_PROFILES_DIR", elsewhere);
    let prod = Finished::of(&mut command);
    prod.exits_with(0)
        .says("sales_eu.stg_orders")
        .says("2 threads");
    assert!(project.path().join("prod.duckdb").exists());
}

/// A model that shows the settings of its connection: in a log line, in a printed line, and in its error.
const LEAK: &str = "{% if execute %}
{{ log('logged ' ~ target.settings, info=true) }}
{% do print('printed ' ~ target.settings) %}
{{ exceptions.raise_compiler_error('cannot log in: ' ~ target.settings) }}
{% endif %}
select 1 as id";

#[test]
fn a_server_with_authentication_works_and_stores_no_secret() {
    let (project, runtime) = (Project::new(), runtime());
    let mut server = GuardedServer::start(&runtime);
    let client = server.client();
    let references = References::make(&project, client.clone(), &runtime);
    runtime.block_on(references.choose("prod"));
    std::fs::write(project.path().join("models/leak.sql"), LEAK).unwrap();
    let temporary = project.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let guarded = |command: &mut std::process::Command| {
        command
            .env("PREFECT_API_URL", &server.api)
            .env("PREFECT_API_AUTH_STRING", AUTH)
            .env("TMPDIR", &temporary);
        Finished::of(command)
    };

    let shown = guarded(project.program().arg("render-profiles"));
    shown.exits_with(0);
    assert!(
        shown.stdout.contains("path: \"prod.duckdb\""),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains(".credentials.password = ****"),
        "{}",
        shown.stdout
    );

    let doctor = guarded(project.program().args(["doctor", "--output", "json"]));
    doctor.exits_with(0);
    for found in ["\"prod.duckdb\\", "the API accepts the credentials"] {
        assert!(doctor.stdout.contains(found), "{}", doctor.stdout);
    }

    let mut stranger = project.program();
    stranger
        .args(["doctor", "--dbt", "no/dbt"])
        .env("PREFECT_API_URL", &server.api);
    let stranger = Finished::of(stranger.env("PREFECT_API_AUTH_STRING", "x:y"));
    stranger.exits_with(2);
    assert!(
        stranger.stdout.contains("problem  auth"),
        "{}",
        stranger.stdout
    );

    let leaked =
        guarded(&mut project.invocation(&[], &["build", "--select", "leak", "stg_products"]));
    leaked.exits_with(1).says("cannot log in: ").says("*****");
    // A flow's name that the server would refuse: what it cannot get stays in the journal.
    let options = ["--flow-name", "a/b", "--verify-timeout", "1"];
    let kept = guarded(&mut project.invocation(&options, &["compile", "--select", "leak"]));
    kept.exits_with(2).says("cannot log in: ");
    let journals = project.path().join(".prefect-dbt");
    assert!(
        find(&journals, "cannot log in: ").is_some(),
        "there is no journal to look into"
    );
    wait_until_recorded(&client, &runtime, &project.flow_run);
    server.stop();

    let console = [&shown, &doctor, &stranger, &leaked, &kept]
        .map(|finished| format!("{}{}", finished.stdout, finished.stderr))
        .concat();
    let project_files = project.path().parent().unwrap().to_owned();
    for secret in SECRETS.into_iter().chain([AUTH]) {
        assert!(!console.contains(secret), "{secret} is on the console");
        assert_absent(&project_files, secret);
        // The server keeps blocks encrypted, so that nothing of them is to be found in its database.
        assert_absent(server.home.path(), secret);
    }
    assert!(
        find(server.home.path(), "cannot log in: ").is_some(),
        "the search finds nothing at all"
    );
    let left = std::fs::read_dir(&temporary).unwrap().count();
    assert_eq!(left, 0, "files are left in the temporary directory");
}

/// Waits until the server holds the flow run's end and that of both its nodes.
fn wait_until_recorded(client: &Client, runtime: &Runtime, name: &str) {
    let mut by_name = FlowRunFilter::default();
    by_name.names.push(name.to_owned());
    let mut runs = runtime.block_on(client.filter_flow_runs(&by_name)).unwrap();
    let run = runs.remove(0);
    assert_eq!(run.state.unwrap().kind, StateType::Failed);
    let mut ended = TaskRunFilter::default();
    ended.flow_run_ids.push(run.id);
    ended
        .state_types
        .extend([StateType::Failed, StateType::Completed]);
    let deadline = Instant::now() + LIMIT;
    while runtime.block_on(client.count_task_runs(&ended)).unwrap() < 1 {
        assert!(
            Instant::now() < deadline,
            "the node that failed was not recorded"
        );
        std::thread::sleep(POLL);
    }
}

#[track_caller]
fn assert_absent(dir: &Path, secret: &str) {
    let found = find(dir, secret);
    assert!(
        found.is_none(),
        "{secret} is in {}",
        found.unwrap_or_default()
    );
}

/// A file below `dir` whose bytes hold `text`.
fn find(dir: &Path, text: &str) -> Option<String> {
    std::fs::read_dir(dir).unwrap().find_map(|entry| {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            return find(&entry.path(), text);
        }
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let holds = bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes());
        holds.then(|| entry.path().display().to_string())
    })
}
