//! The database lock, watched in PostgreSQL: four copies of a project with one target.

use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::psql::Session;
use super::variable;

const COPIES: usize = 4;

/// Which copies are connected, after a moment.
const CONNECTED: &str = "select coalesce(string_agg(distinct application_name, ','), 'none') from pg_stat_activity, \
    pg_sleep(0.02) where application_name like 'copy-%'";

/// A copy of a project, whose connections have its name.
fn copy(number: usize, port: &str) -> TempDir {
    let project = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(project.path().join("models")).expect("a folder");
    let profile = format!(
        "shop: {{target: dev, outputs: {{dev: {{type: postgres, host: 127.0.0.1, port: {port}, user: tester, password: none, \
         dbname: postgres, schema: locked, threads: 2, application_name: copy-{number}}}}}}}\n"
    );
    for (name, text) in [
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nmodels:\n  +materialized: table\n",
        ),
        ("profiles.yml", &profile),
        ("models/slow.sql", "select pg_sleep(2)::text as s\n"),
        (
            "models/below.sql",
            "select s, pg_sleep(1)::text as t from {{ ref('slow') }}\n",
        ),
    ] {
        std::fs::write(project.path().join(name), text).expect("it can be written");
    }
    project
}

fn start(project: &TempDir) -> Child {
    let log = std::fs::File::create(project.path().join("stderr")).expect("a file");
    Command::new(env!("CARGO_BIN_EXE_prefect-dbt"))
        .args(["invoke", "--lock", "auto", "--dbt"])
        .args([&variable("PREFECT_DBT_TEST_POSTGRES_DBT"), "--", "run"])
        .current_dir(project.path())
        .env("PREFECT_API_URL", variable("PREFECT_DBT_TEST_API"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the program was built")
}

/// The copy that is connected. Fails if there are two.
fn connected(watcher: &mut Session) -> Option<usize> {
    match watcher.ask(CONNECTED).as_str() {
        "none" => None,
        name => Some(
            name.strip_prefix("copy-")
                .and_then(|number| number.parse().ok())
                .unwrap_or_else(|| panic!("two copies write at the same time: {name}")),
        ),
    }
}

#[test]
fn copies_with_one_target_never_write_at_the_same_time_even_if_one_is_killed() {
    let port = variable("PREFECT_DBT_TEST_POSTGRES_PORT");
    let copies: Vec<TempDir> = (0..COPIES).map(|number| copy(number, &port)).collect();
    let mut runs: Vec<Child> = copies.iter().map(start).collect();
    let mut watcher = Session::start();
    let killed = loop {
        if let Some(first) = connected(&mut watcher) {
            break first;
        }
    };
    kill_process(Pid::from_child(&runs[killed]), Signal::KILL).expect("it runs");
    let mut seen = vec![killed];
    while runs
        .iter_mut()
        .any(|run| run.try_wait().expect("a child").is_none())
    {
        let connected = connected(&mut watcher);
        seen.extend(connected.filter(|copy| !seen.contains(copy)));
    }
    assert_eq!(seen.len(), COPIES, "{seen:?}");
    for (number, (mut run, copy)) in runs.into_iter().zip(&copies).enumerate() {
        let log = std::fs::read_to_string(copy.path().join("stderr")).expect("text");
        let code = run.wait().expect("it ended").code();
        let expected = (number != killed).then_some(0);
        assert_eq!(code, expected, "{log}");
        let waited = log.contains("waiting for the database lock");
        assert_eq!(waited, number != killed, "{log}");
    }
}
