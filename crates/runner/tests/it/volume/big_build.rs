//! The log of a build with any number of nodes: half of them models, half tests of these.

use std::io::Write;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::errors::project::Workplace;

/// Models of a layer; each reads two of the layer below.
const WIDTH: usize = 100;
const ID: &str = "00000000-0000-4000-8000-000000000001";
const VERSION: &str = "1.11.16";

/// How a build ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Completed,
    /// The last test fails.
    Failed,
    /// It is interrupted when two fifths of the nodes have ended.
    Interrupted,
}

/// A build with a number of models, and a test of each.
pub(super) struct BigBuild {
    pub(super) models: usize,
    pub(super) began: Timestamp,
    pub(super) end: End,
}

/// Appears in the project when a build may be interrupted.
pub(super) const INTERRUPTIBLE: &str = "interruptible";

/// One node.
struct Node {
    unique_id: String,
    name: String,
    kind: &'static str,
    materialized: &'static str,
    upstream: Vec<String>,
}

impl BigBuild {
    /// The nodes that a model or a test waits for.
    pub(super) fn upstream(&self, unique_id: &str) -> Vec<String> {
        let index = |text: &str| text.parse::<usize>().unwrap();
        match unique_id.strip_prefix("test.big.t") {
            Some(number) => vec![format!("model.big.m{number}")],
            None => upstream(index(unique_id.strip_prefix("model.big.m").unwrap())),
        }
    }

    /// How dbt says that a node ended: a word of its log, and a status.
    fn word(&self, index: usize) -> (&'static str, &'static str) {
        match self.end == End::Failed && index + 1 == 2 * self.models {
            true => ("FAIL 7", "fail"),
            false => ("OK", "success"),
        }
    }

    /// How many models end.
    pub(super) fn ended(&self) -> usize {
        match self.end {
            End::Interrupted => self.models * 2 / 5,
            End::Completed | End::Failed => self.models,
        }
    }

    /// How many models others are built from.
    pub(super) fn read(&self) -> usize {
        self.ended() - WIDTH
    }

    /// The nodes that end.
    fn run(&self) -> impl Iterator<Item = Node> {
        self.nodes().take(2 * self.ended())
    }

    fn nodes(&self) -> impl Iterator<Item = Node> {
        (0..self.models).flat_map(|index| {
            let model = Node {
                unique_id: format!("model.big.m{index}"),
                name: format!("m{index}"),
                kind: "model",
                materialized: "table",
                upstream: upstream(index),
            };
            let test = Node {
                unique_id: format!("test.big.t{index}"),
                name: format!("t{index}"),
                kind: "test",
                materialized: "test",
                upstream: vec![model.unique_id.clone()],
            };
            [model, test]
        })
    }

    /// Microseconds after the beginning.
    fn at(&self, micros: usize) -> String {
        let micros = SignedDuration::from_micros(i64::try_from(micros).unwrap());
        (self.began + micros)
            .strftime("%Y-%m-%dT%H:%M:%S%.6f")
            .to_string()
    }

    /// A project whose dbt prints the build as fast as it can be read.
    pub(super) fn project(&self) -> Workplace {
        let made = Workplace::with_project();
        let wait = format!("touch {INTERRUPTIBLE}; while :; do sleep 0.1; done");
        let end = match self.end {
            End::Completed => "exit 0",
            End::Failed => "exit 1",
            End::Interrupted => &wait,
        };
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && exec echo \"dbt {VERSION}\"\ntrap 'exit 1' INT\ncat stream.jsonl\n{end}\n"
        );
        made.make_executable(".venv/bin/dbt", &script);
        fs_err::create_dir(made.path().join("target")).unwrap();
        let file = |name: &str| {
            std::io::BufWriter::new(fs_err::File::create(made.path().join(name)).unwrap())
        };
        self.stream(&mut file("stream.jsonl"));
        self.manifest(&mut file("target/manifest.json"));
        self.results(&mut file("target/run_results.json"));
        made
    }

    fn stream(&self, out: &mut impl Write) {
        let total = 2 * self.models;
        let mut clock = 0;
        let mut line = |name: &str, level: &str, message: String, data: Value| {
            clock += 1;
            let ts = format!("{}Z", self.at(clock * 100));
            let info = json!({
                "code": "A001", "invocation_id": ID, "level": level, "msg": message, "name": name,
                "pid": 1, "thread": "Thread-1 (worker)", "ts": ts, "category": "", "extra": {},
            });
            writeln!(out, "{}", json!({ "data": data, "info": info })).unwrap();
        };
        let none = || json!({ "node_info": null, "run_result": null });
        let concurrency = json!({ "node_info": null, "num_threads": 8, "node_count": total, "target_name": "dev" });
        line(
            "MainReportVersion",
            "info",
            format!("Running with dbt={VERSION}"),
            none(),
        );
        line(
            "ConcurrencyLine",
            "info",
            "Concurrency: 8 threads (target='dev')".into(),
            concurrency,
        );
        for (index, node) in self.run().enumerate() {
            let data = |status: &str, done: bool| {
                json!({
                    "index": index + 1,
                    "total": total,
                    "node_info": self.node_info(&node, index, status, done),
                    "run_result": done.then(|| run_result(self, index)),
                })
            };
            let (word, status) = self.word(index);
            let (start, end) = (
                format!(
                    "{} of {total} START {} main.{} [RUN]",
                    index + 1,
                    node.kind,
                    node.name
                ),
                format!(
                    "{} of {total} {word} {} main.{} [{word} in 0.01s]",
                    index + 1,
                    node.kind,
                    node.name
                ),
            );
            let debug = |what: &str| format!("{what} node {}", node.unique_id);
            line(
                "NodeStart",
                "debug",
                debug("Began running"),
                data("started", false),
            );
            line("LogStartLine", "info", start, data("started", false));
            line(
                "WritingInjectedSQLForNode",
                "debug",
                debug("Writing injected SQL for"),
                data("compiling", false),
            );
            line(
                "NodeExecuting",
                "debug",
                debug("Began executing"),
                data("executing", false),
            );
            line("LogModelResult", "info", end, data(status, true));
            line(
                "NodeFinished",
                "debug",
                debug("Finished running"),
                data(status, true),
            );
        }
        if self.end != End::Interrupted {
            let message = "Completed successfully".into();
            line("EndOfRunSummary", "info", message, none());
        }
    }

    fn node_info(&self, node: &Node, index: usize, status: &str, done: bool) -> Value {
        let finished = if done {
            self.at(index * 600 + 500)
        } else {
            String::new()
        };
        json!({
            "materialized": node.materialized,
            "meta": {},
            "node_checksum": "5a8b6dcb3a5bb5ba4b5eb5c5d0a6b5d1",
            "node_finished_at": finished,
            "node_name": node.name,
            "node_path": format!("models/layer/{}.sql", node.name),
            "node_relation": { "alias": node.name, "database": "big", "relation_name": relation(node), "schema": "main" },
            "node_started_at": self.at(index * 600 + 100),
            "node_status": status,
            "resource_type": node.kind,
            "unique_id": node.unique_id,
        })
    }

    fn manifest(&self, out: &mut impl Write) {
        let metadata = json!({ "adapter_type": "duckdb", "invocation_id": ID, "dbt_version": VERSION,
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "project_name": "big" });
        write!(out, r#"{{"metadata":{metadata},"nodes":{{"#).unwrap();
        for (index, node) in self.nodes().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(
                out,
                r#"{comma}"{}":{}"#,
                node.unique_id,
                manifest_node(&node)
            )
            .unwrap();
        }
        write!(out, r#"}},"sources":{{}},"macros":{{}},"exposures":{{}},"metrics":{{}},"groups":{{}},"selectors":{{}},"disabled":{{}},"semantic_models":{{}},"unit_tests":{{}}}}"#).unwrap();
    }

    fn results(&self, out: &mut impl Write) {
        let metadata = json!({ "invocation_id": ID, "dbt_version": VERSION,
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json" });
        write!(
            out,
            r#"{{"metadata":{metadata},"elapsed_time":1.0,"args":{{"which":"build"}},"results":["#
        )
        .unwrap();
        for (index, node) in self.run().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let mut result = run_result(self, index);
            result["unique_id"] = node.unique_id.into();
            result["timing"] = result["timing_info"].take();
            result["compiled_code"] = CODE.into();
            write!(out, "{comma}{result}").unwrap();
        }
        write!(out, "]}}").unwrap();
    }
}

fn upstream(index: usize) -> Vec<String> {
    let Some(below) = (index / WIDTH).checked_sub(1) else {
        return Vec::new();
    };
    let place = index % WIDTH;
    let mut read = [below * WIDTH + place, below * WIDTH + (place + 7) % WIDTH];
    read.sort_unstable();
    read.iter()
        .map(|model| format!("model.big.m{model}"))
        .collect()
}

fn relation(node: &Node) -> Option<String> {
    (node.kind == "model").then(|| format!("\"big\".\"main\".\"{}\"", node.name))
}

fn run_result(build: &BigBuild, index: usize) -> Value {
    let time = |micros: usize| format!("{}Z", build.at(index * 600 + micros));
    json!({
        "adapter_response": { "_message": "OK", "rows_affected": 7 },
        "execution_time": 0.01,
        "failures": null,
        "message": "OK",
        "num_failures": 0,
        "status": build.word(index).1,
        "thread": "Thread-1 (worker)",
        "thread_id": "Thread-1 (worker)",
        "timing_info": [
            { "name": "compile", "started_at": time(110), "completed_at": time(200) },
            { "name": "execute", "started_at": time(210), "completed_at": time(490) },
        ],
    })
}

/// What a small model is made of.
const CODE: &str = "with orders as (select * from \"big\".\"main\".\"m1\"), people as (select * from \"big\".\"main\".\"m2\") select orders.id, orders.amount, people.name, people.city from orders left join people on orders.person_id = people.id where orders.amount > 0";

/// About as large as dbt's.
fn manifest_node(node: &Node) -> Value {
    json!({
        "unique_id": node.unique_id, "name": node.name, "resource_type": node.kind, "package_name": "big",
        "path": format!("layer/{}.sql", node.name), "original_file_path": format!("models/layer/{}.sql", node.name),
        "fqn": ["big", "layer", node.name], "alias": node.name, "database": "big", "schema": "main",
        "checksum": { "name": "sha256", "checksum": "5a8b6dcb3a5bb5ba4b5eb5c5d0a6b5d15a8b6dcb3a5bb5ba4b5eb5c5d0a6b5d1" },
        "config": {
            "enabled": true, "alias": null, "schema": null, "database": null, "tags": [], "meta": {}, "group": null,
            "materialized": node.materialized, "incremental_strategy": null, "batch_size": null, "lookback": 1,
            "begin": null, "persist_docs": {}, "post-hook": [], "pre-hook": [], "quoting": {}, "column_types": {},
            "full_refresh": null, "unique_key": null, "on_schema_change": "ignore", "grants": {}, "packages": [],
            "on_configuration_change": "apply", "docs": { "show": true, "node_color": null },
            "contract": { "enforced": false, "alias_types": true }, "access": "protected", "freshness": null,
        },
        "tags": [], "description": "A model of a project that is as large as projects get.", "meta": {}, "group": null,
        "columns": {
            "id": { "name": "id", "description": "The key of a row.", "meta": {}, "data_type": null, "constraints": [], "quote": null, "tags": [] },
            "amount": { "name": "amount", "description": "How much.", "meta": {}, "data_type": null, "constraints": [], "quote": null, "tags": [] },
        },
        "docs": { "show": true, "node_color": null }, "patch_path": "big://models/layer/models.yml", "build_path": null,
        "unrendered_config": { "materialized": node.materialized }, "created_at": 1_767_225_600.0,
        "relation_name": relation(node), "raw_code": CODE, "language": "sql", "refs": [], "sources": [], "metrics": [],
        "depends_on": { "macros": ["macro.dbt.is_incremental"], "nodes": node.upstream },
        "compiled_path": format!("target/compiled/big/models/layer/{}.sql", node.name), "compiled": true,
        "compiled_code": CODE, "extra_ctes_injected": true, "extra_ctes": [],
        "contract": { "enforced": false, "alias_types": true, "checksum": null }, "access": "protected",
        "constraints": [], "version": null, "latest_version": null, "deprecation_date": null,
    })
}
