//! A flow run whose disk is gone is retried on another one: exactly what was not done runs again.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::process::Command;

use base64::Engine as _;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use prefect_client::{Artifact, Client, NewFlow, NewFlowRun, Settings, StateType, TaskRunFilter};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::project::Finished;
use super::victim::{Victim, wait_until};
use super::workshop::{BASE, BELOW, FLAKY, Workshop};

/// Does not end before the project is mended.
const ENDLESS: &str = "select sum(hash(a.range + b.range)) as id \
    from range(10000000) as a, range(10000000) as b, ABOVE \
    where not exists (select 1 from glob('mended*'))\n";
/// A secret in dbt's arguments.
const SECRET: &str = "{password: hunter2}";
const ARGS: [&str; 3] = ["build", "--vars", SECRET];

/// A flow run, and what the server has of it.
struct Retried {
    runtime: Runtime,
    client: Client,
    id: Uuid,
}

impl Retried {
    fn new(workshop: &Workshop) -> Self {
        let client = Client::new(&Settings::with_api_url(workshop.api())).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let id = runtime.block_on(async {
            let flow = client.create_flow(&NewFlow::new("ledgers")).await.unwrap();
            let run = NewFlowRun::new(flow.id);
            client.create_flow_run(&run).await.unwrap().id
        });
        Self {
            runtime,
            client,
            id,
        }
    }

    /// Our process as the engine of the flow run.
    fn engine(&self, workshop: &Workshop, args: &[&str]) -> Command {
        let mut command = workshop.program();
        let id = self.id.to_string();
        command.args(["invoke", "--engine", "--flow-run-id", &id, "--"]);
        command.args(args);
        command
    }

    fn ledgers(&self) -> Vec<Artifact> {
        let found = self
            .client
            .filter_artifacts_of_type(self.id, "prefect-dbt-ledger");
        self.runtime.block_on(found).unwrap()
    }

    /// The nodes that are still to do by the only ledger, and all of its text.
    fn ledger(&self) -> Option<(BTreeSet<String>, String)> {
        let found = self.ledgers();
        assert!(
            found.len() < 2,
            "the ledger of an earlier attempt is not deleted"
        );
        let text = found.first()?.data.as_str().unwrap().to_owned();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap();
        let mut json = String::new();
        DeflateDecoder::new(&*bytes)
            .read_to_string(&mut json)
            .unwrap();
        let ledger: Value = serde_json::from_str(&json).unwrap();
        let nodes = ledger["work"]["nodes"].as_object().unwrap();
        Some((nodes.keys().cloned().collect(), json))
    }

    /// Adds nodes to the ledger, as if the process had been killed before it wrote that they have ended.
    fn make_older(&self, done: &[&str]) {
        let (_, text) = self.ledger().unwrap();
        let mut ledger: Value = serde_json::from_str(&text).unwrap();
        for node in done {
            ledger["work"]["nodes"][node] = json!({ "status": "skipped" });
        }
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(ledger.to_string().as_bytes()).unwrap();
        let text = base64::engine::general_purpose::STANDARD.encode(encoder.finish().unwrap());
        let (id, text) = (self.ledgers()[0].id, text.into());
        let updated = self.client.update_artifact(id, &text);
        self.runtime.block_on(updated).unwrap();
    }

    /// The nodes that the server shows as Completed.
    fn completed(&self) -> BTreeSet<String> {
        let completed = TaskRunFilter::default()
            .with_flow_run_ids([self.id])
            .with_state_types([StateType::Completed]);
        let found = self.client.filter_task_runs(&completed);
        let found = self.runtime.block_on(found).unwrap();
        found.into_iter().map(|run| run.task_key).collect()
    }
}

fn ids(nodes: &[&str]) -> BTreeSet<String> {
    nodes.iter().map(|id| (*id).to_owned()).collect()
}

/// Kills a run at the node that does not end, and retries it on an empty disk.
/// The nodes that are done are in a ledger that is older.
fn killed_at(file: &str, above: &str, done: &[&str], rest: &[&str]) {
    let first = Workshop::with_vars(SECRET);
    let endless = ENDLESS.replace("ABOVE", above);
    first.write(file, &endless);
    let run = Retried::new(&first);
    let victim = Victim::start(&mut run.engine(&first, &ARGS));
    wait_until("the ledger with the rest", || {
        run.ledger().is_some_and(|(nodes, _)| nodes == ids(rest))
    });
    let (_, text) = run.ledger().unwrap();
    assert!(
        !text.contains("hunter2") && !text.contains("select"),
        "{text}"
    );
    wait_until("the ends of the nodes that are done", || {
        run.completed() == ids(done)
    });
    victim.kill_all();
    run.make_older(done);

    let second = Workshop::with_vars(SECRET);
    second.write(file, &endless);
    second.adopt_database(&first);
    second.mend();
    let nodes = if rest.len() == 1 { "node" } else { "nodes" };
    Finished::of(&mut run.engine(&second, &ARGS))
        .exits_with(0)
        .says(&format!("Attempt 2: dbt retry of {} {nodes}", rest.len()));
    second.built(rest);
    assert_eq!(run.ledgers(), [], "a run that succeeded needs no ledger");
}

#[test]
fn a_killed_run_is_continued_on_an_empty_disk() {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            killed_at(
                "models/flaky.sql",
                "{{ ref('base') }}",
                &[BASE],
                &[FLAKY, BELOW],
            )
        });
        killed_at("models/base.sql", "range(1)", &[], &[BASE, FLAKY, BELOW]);
    });
}

#[test]
fn a_failed_run_is_retried_on_an_empty_disk_as_dbt_retry_does_on_its_own() {
    let kept = Workshop::new();
    let run = Retried::new(&kept);
    let select = [
        "build",
        "--full-refresh",
        "--select",
        "base",
        "flaky+",
        "-x",
    ];
    Finished::of(&mut run.engine(&kept, &select)).exits_with(1);
    let (nodes, _) = run.ledger().unwrap();
    assert_eq!(nodes, ids(&[FLAKY, BELOW]));

    let empty = Workshop::new();
    empty.adopt_database(&kept);
    empty.mend();
    kept.mend();
    kept.dbt(&["retry"]).exits_with(0);

    Finished::of(&mut run.engine(&empty, &select))
        .exits_with(0)
        .says("Attempt 2: dbt retry of 2 nodes");
    assert_eq!(empty.results(), kept.results());

    std::fs::remove_dir_all(empty.path().join(".prefect-dbt")).unwrap();
    Finished::of(&mut run.engine(&empty, &["build", "--select", "base"]))
        .exits_with(0)
        .says(
            "Attempt 3: the whole command, because Prefect has no ledger of the previous attempt",
        );
    empty.built(&[BASE]);
}
