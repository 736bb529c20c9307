//! Every command of dbt, through us: dbt's exit code, dbt's data, and a task run for each node that took part.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::faithful::{assert_same_edges, assert_same_nodes};
use super::project::{Finished, Project};
use super::recorded::Recorded;

/// A project for one command after the other.
struct Bench(Project);

/// The result of a command.
struct Ran {
    /// The object of `--output json`.
    object: Value,
    /// The number of nodes that took part, according to dbt.
    nodes: usize,
    /// What was printed to stderr.
    stderr: String,
}

impl Bench {
    /// Runs a command that exits with this code, and compares what the server recorded with dbt's log.
    #[track_caller]
    fn run(&self, args: &[&str], code: i32) -> Ran {
        let name = self.flow_run(args);
        let finished = Finished::of(
            self.0
                .program()
                .args(["invoke", "--output", "json", "--flow-run-name", &name, "--"])
                .args(args),
        );
        finished.exits_with(code);
        let object: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(object["dbt"]["exit_code"], code, "{args:?}");
        let nodes = self.compare(args, &name);
        assert_eq!(object["nodes"].as_array().unwrap().len(), nodes, "{args:?}");
        let stderr = finished.stderr;
        Ran {
            object,
            nodes,
            stderr,
        }
    }

    /// Runs a command that prints data, with `--quiet`: standard output has exactly what dbt alone prints.
    #[track_caller]
    fn shows(&self, args: &[&str]) -> usize {
        let name = self.flow_run(args);
        let ours = Finished::of(
            self.0
                .program()
                .args(["invoke", "--flow-run-name", &name, "--", "--quiet"])
                .args(args),
        );
        ours.exits_with(0);
        let nodes = self.compare(args, &name);
        let theirs = Finished::of(self.dbt().arg("--quiet").args(args));
        theirs.exits_with(0);
        // A note of dbt 1.12 begins with the time.
        let text = |stdout| {
            let mut lines = lines(stdout);
            lines.retain(|line| !line.contains("dbt v2 is available"));
            lines
        };
        assert_eq!(text(&ours.stdout), text(&theirs.stdout), "{args:?}");
        nodes
    }

    /// Runs a command that prints plain text and creates no flow run.
    #[track_caller]
    fn answers(&self, args: &[&str]) {
        let name = self.flow_run(args);
        let ours = Finished::of(
            self.0
                .program()
                .args(["invoke", "--flow-run-name", &name, "--"])
                .args(args),
        );
        let theirs = Finished::of(self.dbt().args(args));
        ours.exits_with(theirs.code.unwrap());
        // A note of dbt 1.12 begins with the time.
        let text = |stdout| {
            let mut lines = lines(stdout);
            lines.retain(|line| !line.contains("dbt v2 is available"));
            lines
        };
        assert_eq!(text(&ours.stdout), text(&theirs.stdout), "{args:?}");
        assert!(!Recorded::exists(&name), "{args:?} is no run");
    }

    #[track_caller]
    fn compare(&self, args: &[&str], name: &str) -> usize {
        let truth = self.0.truth();
        let nodes = truth.nodes().len();
        let recorded = Recorded::wait_for(name, nodes);
        assert_same_nodes(&recorded, &truth);
        // In `dbt retry`, unit tests run after their models. `edges` expects them before, as in `build`.
        let has_unit_tests = truth.nodes().iter().any(|id| id.starts_with("unit_test."));
        if args[0] != "retry" || !has_unit_tests {
            assert_same_edges(&recorded, &truth);
        }
        assert!(recorded.flow_state().kind.is_terminal(), "{args:?}");
        nodes
    }

    /// Makes dbt believe that every node of its last run has failed.
    fn all_failed(&self) {
        let path = self.0.path().join("target/run_results.json");
        let mut results: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for result in results["results"].as_array_mut().unwrap() {
            result["status"] = "error".into();
        }
        fs::write(path, results.to_string()).unwrap();
    }

    fn flow_run(&self, args: &[&str]) -> String {
        format!("{} {}", self.0.flow_run, args.join(" "))
    }

    /// dbt itself, in the same environment.
    fn dbt(&self) -> Command {
        let ours = self.0.program();
        let mut dbt = Command::new(&self.0.environment.dbt);
        dbt.current_dir(self.0.path());
        for (name, value) in ours.get_envs() {
            match value {
                Some(value) => dbt.env(name, value),
                None => dbt.env_remove(name),
            };
        }
        dbt
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn commands_that_build() {
    let bench = Bench(Project::new());
    let profiles = bench.0.path().join("profiles.yml");
    let copy = "    copy: {type: duckdb, path: shop.duckdb, schema: copy, threads: 4}\n";
    fs::write(&profiles, fs::read_to_string(&profiles).unwrap() + copy).unwrap();
    assert_eq!(bench.run(&["deps"], 0).nodes, 0);
    assert_eq!(bench.run(&["parse"], 0).nodes, 0);
    assert!(bench.run(&["seed"], 0).nodes > 0);
    assert!(bench.run(&["run"], 0).nodes > 0);
    assert!(bench.run(&["snapshot"], 0).nodes > 0);
    assert!(bench.run(&["test"], 0).nodes > 0);
    let documented = bench.run(&["docs", "generate"], 0);
    assert!(documented.nodes > 0);
    assert!(
        !documented.stderr.contains("no edges"),
        "{}",
        documented.stderr
    );
    assert!(bench.run(&["source", "freshness"], 0).nodes > 0);
    assert_eq!(bench.run(&["run-operation", "land_price_list"], 0).nodes, 0);

    let state = bench.0.path().join("state");
    fs::create_dir(&state).unwrap();
    let manifest = bench.0.path().join("target/manifest.json");
    fs::copy(manifest, state.join("manifest.json")).unwrap();
    let cloned = bench.run(&["clone", "--state", "state", "--target", "copy"], 0);
    assert!(cloned.nodes > 10);
    bench.all_failed();
    let again = bench.run(&["retry", "--threads", "4"], 0);
    assert_eq!(again.nodes, cloned.nodes);

    let failing = ["build", "--select", "orders+", "--vars", "fail_model: true"];
    let failed = bench.run(&failing, 1);
    assert_eq!(failed.object["counts"]["error"], 1);
    let retried = bench.run(&["retry"], 1);
    assert_eq!(retried.object["counts"]["error"], 1);
    assert_eq!(bench.run(&["clean"], 0).nodes, 0);
}

#[test]
fn commands_that_print_data() {
    let bench = Bench(Project::new());
    bench.run(&["seed"], 0);
    assert_eq!(bench.shows(&["ls"]), 0);
    assert!(bench.shows(&["compile", "--select", "orders"]) > 0);
    bench.shows(&["compile", "--inline", "select '{{ target.name }}' as t"]);
    assert!(bench.shows(&["show", "--select", "raw_orders"]) > 0);
    bench.shows(&["show", "--inline", "select 1 as one", "--output", "json"]);
}

#[test]
fn commands_that_run_no_node() {
    let bench = Bench(Project::new());
    for question in [&["--version"][..], &["--help"], &["init", "--help"]] {
        bench.answers(question);
    }
    assert_eq!(bench.run(&["debug"], 0).nodes, 0);
}
