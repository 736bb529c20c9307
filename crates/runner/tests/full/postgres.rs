//! dbt with PostgreSQL, which runs queries on a server and cancels them there.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::variable;

/// A project in which one model runs a query for a minute. Its schema is its own: dbt fails if another one creates the same.
fn files(port: &str, schema: &str) -> [(&'static str, String); 5] {
    [
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nmodels:\n  +materialized: table\n".to_owned(),
        ),
        (
            "profiles.yml",
            format!(
                "shop: {{target: dev, outputs: {{dev: {{type: postgres, host: 127.0.0.1, port: {port}, user: tester, \
                 password: none, dbname: postgres, schema: {schema}, threads: 4}}}}}}\n"
            ),
        ),
        ("models/quick.sql", "select 1 as id\n".to_owned()),
        (
            "models/slow.sql",
            "select pg_sleep(60)::text as s from {{ ref('quick') }}\n".to_owned(),
        ),
        (
            "models/below.sql",
            "select * from {{ ref('slow') }}\n".to_owned(),
        ),
    ]
}

/// A run in the project that is interrupted while the server runs a query that waits for this many seconds: its exit code, its
/// result and what it said.
fn interrupted(project: &Path, port: &str, seconds: u32) -> (Option<i32>, Vec<u8>, String) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"))
        .args(["invoke", "--no-prefect", "--output", "json", "--dbt"])
        .args([&variable("PREFECT_DBT_TEST_POSTGRES_DBT"), "--", "run"])
        .current_dir(project)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut stderr = run.stderr.take().expect("a pipe");
    let said = std::thread::spawn(move || {
        let mut said = String::new();
        stderr.read_to_string(&mut said).expect("text");
        said
    });
    let patience = Instant::now() + Duration::from_secs(180);
    while !is_running(port, seconds) {
        assert!(Instant::now() < patience, "the query does not run");
    }
    kill_process(Pid::from_child(&run), Signal::INT).expect("it runs");
    let output = run.wait_with_output().expect("it ends");
    let said = said.join().expect("text");
    (output.status.code(), output.stdout, said)
}

#[test]
fn the_summary_of_an_interrupted_run_says_what_was_cancelled() {
    let port = variable("PREFECT_DBT_TEST_POSTGRES_PORT");
    let project = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(project.path().join("models")).expect("a folder");
    for (name, text) in files(&port, "summary") {
        std::fs::write(project.path().join(name), text).expect("it can be written");
    }
    let (code, stdout, seen) = interrupted(project.path(), &port, 60);
    assert_eq!(code, Some(130), "{seen}");

    let result: Value = serde_json::from_slice(&stdout).expect("a result");
    assert_eq!(result["counts"], json!({"cancelled": 1, "success": 1}));
    let states = result["nodes"].as_array().expect("nodes").iter();
    let states: Vec<_> = states
        .map(|node| (&node["name"], &node["state"]["name"]))
        .collect();
    let expected = [("quick", "Completed"), ("slow", "Cancelled")];
    let expected = expected.map(|(name, state)| (json!(name), json!(state)));
    assert_eq!(
        states,
        expected.each_ref().map(|(name, state)| (name, state))
    );
    for text in [
        "Task run 'model slow' - CANCEL query model.shop.slow",
        "Cancelled while running: model.shop.slow. Queries cancelled by dbt: model.shop.slow. Not started: \
         model.shop.below",
    ] {
        assert!(seen.contains(text), "{text}\n{seen}");
    }
}

/// dbt itself waits for the query of a SQL hook, in a driver that is deaf to signals.
#[test]
fn an_interrupt_cancels_the_query_of_a_sql_hook_on_the_server() {
    let port = variable("PREFECT_DBT_TEST_POSTGRES_PORT");
    let project = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(project.path().join("models")).expect("a folder");
    let [(name, settings), profiles, model, ..] = files(&port, "hook");
    let settings = format!("{settings}on-run-end: select pg_sleep(600)\n");
    for (name, text) in [(name, settings), profiles, model] {
        std::fs::write(project.path().join(name), text).expect("it can be written");
    }
    let (code, _, seen) = interrupted(project.path(), &port, 600);
    assert_eq!(code, Some(130), "{seen}");
    // dbt came to its end: it was not killed.
    assert!(
        seen.contains("Exited because of keyboard interrupt"),
        "{seen}"
    );
    assert!(!is_running(&port, 600), "{seen}");
}

/// Whether the server runs a query that waits for this many seconds.
fn is_running(port: &str, seconds: u32) -> bool {
    let sleeping = format!(
        "select 1 from pg_stat_activity where wait_event = 'PgSleep' and query like '%pg_sleep({seconds})%'"
    );
    let server = ["-h", "127.0.0.1", "-p", port, "-U", "tester"];
    let found = Command::new("psql")
        .args(server)
        .args(["-d", "postgres", "-Atc", &sleeping])
        .output();
    found.expect("psql").stdout.starts_with(b"1")
}
