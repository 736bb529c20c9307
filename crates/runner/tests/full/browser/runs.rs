//! Runs of dbt as artifacts: recorded ones, a large one and a hostile one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// A text that would run a script, if a page took it for HTML.
pub(super) const HOSTILE: &str = "</script></pre><script>window.hacked = 1</script><img src=x onerror=\"window.hacked = 1\">\
    <a href='javascript:window.hacked=1'>x</a><!-- \u{2028}";

const MANIFEST: &str = "https://schemas.getdbt.com/dbt/manifest/v12.json";

/// The artifacts of a run, and the page about it.
pub(super) struct Run {
    dir: TempDir,
    pub(super) results: Value,
}

impl Run {
    /// A recorded run.
    pub(super) fn recorded(name: &str) -> Self {
        let fixtures =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures/runs/1.11");
        let read = |name: &str| {
            let text = fs::read_to_string(fixtures.join(name)).expect("a fixture");
            serde_json::from_str(&text).expect("JSON")
        };
        Self::of(
            read(&format!("{name}.results.json")),
            &read("manifest.json"),
        )
    }

    /// 2,500 models in 25 layers, each with a test; every hundredth fails.
    pub(super) fn of_5000_nodes() -> Self {
        let mut template = Self::template();
        let (mut nodes, mut results) = (Map::new(), Vec::new());
        let mut free = [0.0_f64; 8];
        for at in 0..2500_u32 {
            let name = format!("layer_{:02}_model_{:03}", at / 100, at % 100);
            let (model, test) = (
                format!("model.wide.{name}"),
                format!("test.wide.not_null_{name}_id"),
            );
            let above = at.checked_sub(100).map_or(Vec::new(), |above| {
                let other = (above / 100) * 100 + (above * 7 + 3) % 100;
                let name = |at| format!("model.wide.layer_{:02}_model_{:03}", at / 100, at % 100);
                vec![name(above), name(other)]
            });
            nodes.insert(model.clone(), node(&model, "model", &json!(above)));
            nodes.insert(test.clone(), node(&test, "test", &json!([model])));
            for (id, status, seconds) in [
                (
                    model,
                    if at % 100 == 37 { "error" } else { "success" },
                    0.5 + f64::from(at % 17),
                ),
                (test, if at % 100 == 38 { "warn" } else { "pass" }, 0.2),
            ] {
                let lane = usize::try_from(at % 8).expect("a lane");
                results.push(result(&id, status, (free[lane], seconds)));
                free[lane] += seconds;
            }
        }
        template["results"] = json!(results);
        Self::of(
            template,
            &json!({"metadata": {"dbt_schema_version": MANIFEST, "project_name": "wide"}, "nodes": nodes}),
        )
    }

    /// A run whose texts are hostile, and one message of which is 1 MB of output.
    pub(super) fn hostile() -> Self {
        let mut results = Self::template();
        let failed = |id: &str, message: &str| {
            let mut result = result(id, "error", (0.0, 1.0));
            result["message"] = json!(message);
            result
        };
        let long = "<b>line of output</b>\n".repeat(1 << 16);
        results["results"] = json!([
            failed("model.shop.a", HOSTILE),
            failed(HOSTILE, HOSTILE),
            failed("model.shop.b", &long)
        ]);
        results["args"] = json!({"which": "build", "select": [HOSTILE]});
        results["metadata"]["invocation_id"] = json!(HOSTILE);
        Self::of(results, &json!({"metadata": {}, "nodes": {}}))
    }

    fn template() -> Value {
        json!({
            "metadata": {
                "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
                "invocation_id": "00000000-0000-0000-0000-000000000001",
            },
            "args": {"which": "build"},
            "results": [],
        })
    }

    fn of(results: Value, manifest: &Value) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |name: &str, value: &Value| {
            fs::write(dir.path().join(name), value.to_string()).expect("it can be written");
        };
        write("run_results.json", &results);
        write("manifest.json", manifest);
        Self { dir, results }
    }

    /// Adds this run and an earlier one, in which all nodes succeeded, to the history.
    pub(super) fn with_history(self) -> Self {
        let history = self.dir.path().join("history/default");
        fs::create_dir_all(&history).expect("a folder");
        for (number, invocation) in [
            (1, &Value::Null),
            (2, &self.results["metadata"]["invocation_id"]),
        ] {
            let nodes = self.nodes().map(|(id, status)| {
                let status = if number == 1 { "success" } else { status };
                (id.to_owned(), json!([status, 0, 1000]))
            });
            let run_id = format!("00000000-0000-7000-8000-00000000000{number}");
            let record = json!({
                "run_id": run_id, "invocation_id": invocation, "command": "build",
                "selection": "00000000-0000-0000-0000-000000000000",
                "started": format!("2026-01-0{number}T00:00:00Z"), "ended": format!("2026-01-0{number}T00:01:00Z"),
                "is_complete": true, "nodes": nodes.collect::<Map<_, _>>(),
            });
            fs::write(history.join(format!("{run_id}.json")), record.to_string())
                .expect("it can be written");
        }
        self
    }

    /// The unique_id and the status of each node.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (&str, &str)> {
        let results = self.results["results"].as_array().expect("results");
        results.iter().map(|result| {
            let text = |key: &str| result[key].as_str().expect("text");
            (text("unique_id"), text("status"))
        })
    }

    /// Writes the page by `prefect-dbt report`. Gives its file.
    pub(super) fn page(&self) -> PathBuf {
        let file = self.dir.path().join("page.html");
        let status = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"))
            .args(["report", "--artifacts", ".", "--journal-dir", ".", "-o"])
            .arg(&file)
            .current_dir(self.dir.path())
            .status();
        assert!(status.expect("the program was built").success());
        file
    }
}

/// A node of a manifest that depends on others.
fn node(id: &str, kind: &str, depends_on: &Value) -> Value {
    let name = id.rsplit('.').next();
    json!({
        "unique_id": id, "name": name, "resource_type": kind, "package_name": "wide", "fqn": ["wide", name],
        "original_file_path": format!("models/{}.sql", name.unwrap_or_default()),
        "compiled_path": format!("target/compiled/wide/models/{}.sql", name.unwrap_or_default()),
        "depends_on": {"nodes": depends_on}, "config": {}, "tags": [],
    })
}

/// A result of a node that starts a number of seconds after the run, and takes a number of seconds.
fn result(id: &str, status: &str, (start, takes): (f64, f64)) -> Value {
    let at = |seconds: f64| {
        let start: Timestamp = "2026-01-02T00:00:00Z".parse().expect("a time");
        (start + SignedDuration::from_secs_f64(seconds)).to_string()
    };
    json!({
        "unique_id": id, "status": status, "thread_id": "Thread-1", "execution_time": takes, "message": format!("{status} of a node"),
        "timing": [{"name": "execute", "started_at": at(start), "completed_at": at(start + takes)}],
        "adapter_response": {}, "failures": null, "compiled": true, "compiled_code": "", "relation_name": null,
    })
}
