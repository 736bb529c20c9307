//! dbt with PostgreSQL, which runs queries on a server and cancels them there.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::variable;

/// A project in which one model runs a query for a minute.
fn files(port: &str) -> [(&'static str, String); 5] {
    [
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nmodels:\n  +materialized: table\n".to_owned(),
        ),
        (
            "profiles.yml",
            format!(
                "shop: {{target: dev, outputs: {{dev: {{type: postgres, host: 127.0.0.1, port: {port}, user: tester, \
                 password: none, dbname: postgres, schema: shop, threads: 4}}}}}}\n"
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

#[test]
fn the_summary_of_an_interrupted_run_says_what_was_cancelled() {
    let port = variable("PREFECT_DBT_TEST_POSTGRES_PORT");
    let project = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(project.path().join("models")).expect("a folder");
    for (name, text) in files(&port) {
        std::fs::write(project.path().join(name), text).expect("it can be written");
    }
    let mut run = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"))
        .args(["invoke", "--no-prefect", "--output", "json", "--dbt"])
        .args([&variable("PREFECT_DBT_TEST_POSTGRES_DBT"), "--", "run"])
        .current_dir(project.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut stderr = BufReader::new(run.stderr.take().expect("a pipe"));
    let mut seen = String::new();
    while !seen.contains("2 of 3 START sql table model shop.slow") {
        let read = stderr.read_line(&mut seen).expect("text");
        assert!(read > 0, "{seen}");
    }
    wait_until_it_sleeps(&port);
    kill_process(Pid::from_child(&run), Signal::INT).expect("it runs");
    stderr.read_to_string(&mut seen).expect("text");
    let output = run.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{seen}");

    let result: Value = serde_json::from_slice(&output.stdout).expect("a result");
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

/// Waits until the server runs the query of the slow model.
fn wait_until_it_sleeps(port: &str) {
    let sleeping = "select 1 from pg_stat_activity where wait_event = 'PgSleep'";
    let arguments = [
        "-h",
        "127.0.0.1",
        "-p",
        port,
        "-U",
        "tester",
        "-d",
        "postgres",
        "-Atc",
    ];
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let found = Command::new("psql").args(arguments).arg(sleeping).output();
        if found.expect("psql").stdout.starts_with(b"1") {
            return;
        }
        assert!(
            std::time::Instant::now() < patience,
            "the query does not run"
        );
    }
}
