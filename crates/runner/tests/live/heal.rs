//! Nodes that run again within an attempt, with the real dbt.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use prefect_client::{Request, StateType, TaskRun};
use serde_json::Value;

use super::server::ask;
use super::workshop::Workshop;

/// What we log before a round.
const ROUND: &str = "again in ";

/// Attaches a database that another process may hold.
const ATTACH: &str = "{% if execute %}{% do run_query(\"attach if not exists 'other.duckdb' as other (read_only)\") %}{% endif %}";

/// A process that has a database file open for writing, until it is released.
struct Holder(Child);

impl Holder {
    fn of(workshop: &Workshop, database: &str) -> Self {
        const HOLD: &str = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()";
        let mut process = Command::new(workshop.executable().with_file_name("python"))
            .args(["-c", HOLD])
            .arg(workshop.path().join(database))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "held");
        Self(process)
    }

    /// Ends when the file is free.
    fn release(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

/// The exit code and the log of a run whose database becomes free when the first round is announced.
fn run(workshop: &Workshop, database: &str, options: &[&str], args: &[&str]) -> (i32, String) {
    let mut holder = Some(Holder::of(workshop, database));
    let mut process = workshop
        .invocation(options, args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = String::new();
    let mut lines = BufReader::new(process.stderr.take().unwrap());
    while lines.read_line(&mut log).unwrap() > 0 {
        if log.contains(ROUND)
            && let Some(holder) = holder.take()
        {
            holder.release();
        }
    }
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    if let Some(holder) = holder {
        holder.release();
    }
    (process.wait().unwrap().code().unwrap(), log)
}

/// A project with a model that fails while another process has `other.duckdb`, and one below it.
fn busy_project() -> Workshop {
    let workshop = Workshop::new();
    workshop.remove("models/flaky.sql");
    workshop.write("models/busy.sql", &format!("{ATTACH}select 1 as id\n"));
    workshop.write("models/below.sql", "select * from {{ ref('busy') }}\n");
    workshop
}

fn id(model: &str) -> String {
    format!("model.workshop.{model}")
}

/// How often the server counts that a task run was started.
fn run_count(run: &TaskRun) -> u64 {
    let request = Request::get(format!("/task_runs/{}", run.id));
    let run: Value = ask(async |client| client.send(&request).await.unwrap());
    run["run_count"].as_u64().unwrap()
}

fn contexts(path: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty());
    let mut calls: Vec<_> = lines
        .map(|line| {
            let context: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| context[key].as_str().unwrap().to_owned();
            (text("node_id"), text("status"))
        })
        .collect();
    calls.sort();
    calls
}

#[test]
fn what_failed_transiently_runs_again_with_what_was_skipped_below_it_and_nothing_else() {
    let workshop = busy_project();
    workshop.write("models/broken.sql", "select cast('x' as integer) as id\n");
    workshop.write(
        "models/between.sql",
        "select * from {{ ref('busy') }} union all select * from {{ ref('broken') }}\n",
    );
    workshop.write(
        "models/adding.sql",
        &format!("{{{{ config(materialized='incremental') }}}}{ATTACH}select 1 as id\n"),
    );
    let keep = "cat >> calls.jsonl; echo >> calls.jsonl";
    let options = ["--heal", "5", "--post-model", keep];
    let (code, log) = run(&workshop, "other.duckdb", &options, &["build"]);
    assert_eq!(code, 1, "{log}");
    let announced = log.lines().find(|line| line.contains(ROUND)).unwrap();
    assert!(announced.contains("model.workshop.busy"), "{announced}");
    assert!(announced.contains("and 1 that dbt skipped"), "{announced}");
    assert!(!announced.contains("adding"), "{announced}");
    assert!(
        log.contains(
            "Succeeded when they ran again after a transient failure: model.workshop.busy\n"
        ),
        "{log}"
    );

    let recorded = workshop.recorded(6);
    assert_eq!(recorded.flow_state().kind, StateType::Failed);
    let expected = [
        ("adding", "Failed", "error"),
        ("base", "Completed", "success"),
        ("below", "Completed", "success"),
        ("between", "Skipped", "skipped"),
        ("broken", "Failed", "error"),
        ("busy", "Completed", "success"),
    ];
    for (model, state, _) in expected {
        let run = recorded.of(&id(model));
        let found = run.state.as_ref().map(|state| state.name.as_str());
        assert_eq!(found, Some(state), "{model}");
    }
    assert_eq!(run_count(recorded.of(&id("adding"))), 1);
    assert_eq!(run_count(recorded.of(&id("below"))), 1);
    assert!(run_count(recorded.of(&id("busy"))) > 1);
    let statuses: Vec<_> = expected
        .map(|(model, _, status)| (id(model), status.to_owned()))
        .into();
    assert_eq!(workshop.results(), statuses);

    // Hooks are called once, for the final result; dbt skipped one.
    let calls = contexts(&workshop.path().join("calls.jsonl"));
    let called: Vec<_> = calls.iter().map(|(node, _)| node.clone()).collect();
    let mut once = called.clone();
    once.dedup();
    assert_eq!(called, once);
    assert!(
        calls
            .iter()
            .any(|(node, status)| *node == id("busy") && status == "success"),
        "{calls:?}"
    );

    // dbt sees the final results: it retries what is left.
    workshop.dbt(&["retry"]).exits_with(1);
    let retried: Vec<_> = workshop
        .results()
        .into_iter()
        .map(|(node, _)| node)
        .collect();
    assert_eq!(retried, ["adding", "between", "broken"].map(id));
}

#[test]
fn a_command_that_could_not_begin_runs_again() {
    let workshop = Workshop::new();
    workshop.mend();
    let (code, log) = run(&workshop, "w.duckdb", &["--heal", "5"], &["build"]);
    assert_eq!(code, 0, "{log}");
    assert!(
        log.contains("because it could not begin (lock not available)"),
        "{log}"
    );
    let recorded = workshop.recorded(3);
    assert_eq!(recorded.flow_state().kind, StateType::Completed);
    assert_eq!(recorded.flow_run.run_count, 1);
}

#[test]
fn hooks_around_the_run_are_repeated_only_on_request() {
    let workshop = busy_project();
    let project = fs::read_to_string(workshop.path().join("dbt_project.yml")).unwrap();
    workshop.write(
        "dbt_project.yml",
        &format!("{project}on-run-end: select 1\n"),
    );
    let (code, log) = run(&workshop, "other.duckdb", &["--heal", "5"], &["build"]);
    assert_eq!(code, 1, "{log}");
    assert!(log.contains("--heal-hooks allows that"), "{log}");
    assert!(!log.contains(ROUND), "{log}");
    let options = ["--heal", "5", "--heal-hooks", "--no-prefect"];
    let (code, log) = run(&workshop, "other.duckdb", &options, &["build"]);
    assert_eq!(code, 0, "{log}");
}
