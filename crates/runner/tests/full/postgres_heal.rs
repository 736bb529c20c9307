//! `--heal` with PostgreSQL: a session is terminated in mid-model, two deadlock, and one divides by zero.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use uuid::Uuid;

use super::prefect_server::PrefectServer;
use super::psql::Session;
use super::variable;

/// The locks that models wait for, by their number in PostgreSQL.
const CUT: u32 = 10;
const FIRST: u32 = 20;
const GATE: u32 = 30;
const SECOND: u32 = 40;

/// How often each model runs, its states in Prefect after the first start, and the event of its asset.
const EXPECTED: [(&str, u32, &[&str], Option<&str>); 6] = [
    ("base", 1, &["Completed"], Some("succeeded")),
    ("cut", 2, HEALED, Some("succeeded")),
    ("locked", 2, HEALED, Some("succeeded")),
    ("below", 1, &["Completed"], Some("succeeded")),
    ("broken", 1, &["Failed"], Some("failed")),
    ("below_broken", 0, &["Skipped"], None),
];
const HEALED: &[&str] = &["AwaitingRetry", "Running", "Completed"];

/// A project whose models count on the server how often they run: no rollback undoes that.
fn project() -> TempDir {
    let port = variable("PREFECT_DBT_TEST_POSTGRES_PORT");
    let profile = format!(
        "shop: {{target: dev, outputs: {{dev: {{type: postgres, host: 127.0.0.1, port: {port}, user: tester, password: none, \
         dbname: postgres, schema: healed, threads: 4}}}}}}\n"
    );
    let locked = format!(
        "{{{{ config(pre_hook=['select pg_advisory_xact_lock({FIRST})', 'select pg_advisory_xact_lock({GATE})']) }}}}\n\
         select pg_advisory_xact_lock({SECOND})::text as lock\n"
    );
    let cut = format!(
        "select id, pg_advisory_xact_lock({CUT})::text as lock from {{{{ ref('base') }}}}\n"
    );
    let project = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(project.path().join("models")).expect("a folder");
    for (name, text) in [
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nmodels:\n  +materialized: table\n  \
             +pre-hook: \"select nextval('runs.{{ this.name }}')\"\n",
        ),
        ("profiles.yml", &profile),
        ("models/base.sql", "select 1 as id\n"),
        ("models/cut.sql", &cut),
        ("models/locked.sql", &locked),
        (
            "models/below.sql",
            "select cut.id from {{ ref('cut') }} as cut cross join {{ ref('locked') }}\n",
        ),
        ("models/broken.sql", "select 1 / 0 as id\n"),
        (
            "models/below_broken.sql",
            "select * from {{ ref('broken') }}\n",
        ),
    ] {
        std::fs::write(project.path().join(name), text).expect("it can be written");
    }
    project
}

fn start(project: &TempDir, flow_run: &str, api: &str) -> Child {
    let log = std::fs::File::create(project.path().join("stderr")).expect("a file");
    Command::new(env!("CARGO_BIN_EXE_prefect-dbt"))
        .args(["invoke", "--heal", "3", "--flow-run-name", flow_run])
        .args(["--verify-timeout", "240", "--dbt"])
        .args([&variable("PREFECT_DBT_TEST_POSTGRES_DBT"), "--", "build"])
        .current_dir(project.path())
        .env("PREFECT_API_URL", api)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the program was built")
}

/// Waits until this many sessions have asked for a lock and have it, or wait for it.
#[track_caller]
fn wait_for(session: &mut Session, lock: u32, granted: bool, sessions: u32) {
    let query = format!(
        "select count(*) from pg_locks, pg_sleep(0.02) where locktype = 'advisory' and objid = {lock} and granted = {granted}"
    );
    let deadline = Instant::now() + Duration::from_secs(180);
    while session.ask(&query) != sessions.to_string() {
        let so = format!("lock {lock}, granted: {granted}, sessions: {sessions}");
        assert!(Instant::now() < deadline, "never happened: {so}");
    }
}

/// Has the server end the session that waits for a lock.
fn terminate(session: &mut Session) {
    wait_for(session, CUT, false, 1);
    let terminated = session.ask(&format!(
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = {CUT} and not granted"
    ));
    assert_eq!(terminated, "t");
    wait_for(session, CUT, false, 0);
}

/// Locks in the other order than a model, which is the one that finds the deadlock.
fn deadlock(gate: &mut Session, mut opponent: Session) {
    wait_for(gate, GATE, false, 1);
    opponent.tell("set deadlock_timeout = '1h'");
    opponent.tell(&format!("select pg_advisory_lock({FIRST})"));
    wait_for(gate, FIRST, false, 1);
    gate.tell(&format!(
        "do $$ begin perform pg_advisory_unlock({GATE}); end $$"
    ));
    // The model is rolled back.
    wait_for(gate, FIRST, false, 0);
}

#[test]
fn a_cut_connection_and_a_deadlock_are_healed_and_a_division_by_zero_is_not() {
    let server = PrefectServer::new();
    let (mut gate, mut opponent) = (Session::start(), Session::start());
    gate.tell("create schema runs");
    for (model, ..) in EXPECTED {
        gate.tell(&format!("create sequence runs.{model} minvalue 0"));
    }
    for lock in [CUT, GATE] {
        assert_eq!(gate.ask(&format!("select pg_advisory_lock({lock})")), "");
    }
    let lock = format!("select pg_advisory_lock({SECOND})");
    assert_eq!(opponent.ask(&lock), "");

    let project = project();
    let name = format!("heal-{}", Uuid::now_v7());
    let mut run = start(&project, &name, &server.api);
    terminate(&mut gate);
    deadlock(&mut gate, opponent);
    gate.tell(&format!(
        "do $$ begin perform pg_advisory_unlock({CUT}); end $$"
    ));
    let code = run.wait().expect("it ends").code();
    let log = std::fs::read_to_string(project.path().join("stderr")).expect("text");
    assert_eq!(code, Some(1), "{log}");
    assert_eq!(log.matches("again in ").count(), 1, "{log}");
    let title = "Succeeded when they ran again after a transient failure: ";
    let healed = log.lines().find_map(|line| line.split_once(title));
    let healed: BTreeSet<&str> = healed.expect("a line").1.split(", ").collect();
    assert_eq!(
        healed,
        BTreeSet::from(["model.shop.cut", "model.shop.locked"])
    );
    for error in ["deadlock detected", "server closed the connection"] {
        assert!(log.contains(error), "{error}\n{log}");
    }

    for (model, runs, ..) in EXPECTED {
        let count = format!("select last_value + is_called::int from runs.{model}");
        assert_eq!(gate.ask(&count), runs.to_string(), "{model}\n{log}");
    }
    let flow_run = server.flow_run_named(&name).expect("a flow run");
    let state = flow_run.state.as_ref().map(|state| &*state.name);
    assert_eq!((state, flow_run.run_count), (Some("Failed"), 1), "{log}");
    let nodes = server.nodes(flow_run.id).into_iter();
    let nodes: BTreeMap<String, _> = nodes
        .map(|(id, mut node)| {
            // The start of a node that ends at once is not sent.
            if node.states[0] == "Running" {
                node.states.remove(0);
            }
            (id, (node.states, node.run_count))
        })
        .collect();
    let expected = EXPECTED.map(|(model, runs, states, _)| {
        let states: Vec<String> = states.iter().map(|&name| name.to_owned()).collect();
        // One that is skipped counts as one run.
        (
            format!("model.shop.{model}"),
            (states, u64::from(runs.max(1))),
        )
    });
    assert_eq!(nodes, BTreeMap::from(expected));
    let assets = EXPECTED.iter().filter_map(|(model, .., event)| {
        let event = format!("prefect.asset.materialization.{}", (*event)?);
        Some((event, format!("postgres://postgres/healed/{model}")))
    });
    let mut assets: Vec<_> = assets.collect();
    assets.sort();
    assert_eq!(server.asset_events(flow_run.id, assets.len()), assets);
}
