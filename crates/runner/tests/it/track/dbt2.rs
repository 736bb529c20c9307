//! dbt 2: what its log says in another way than that of dbt 1.

use dbt_manifest::RunResults;
use prefect_dbt::model::{Effect, NodeStatus};
use prefect_dbt::track::TrackedRun;
use serde_json::{Value, json};

use super::support::{ends, exit, feed, shown, tracker};

const INVOCATION: &str = "019fb7d4-ce89-7712-8d06-5ad013a23be9";

/// A log of dbt 2, a line each millisecond.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
}

impl Log {
    fn new() -> Self {
        let mut log = Self::default();
        log.line(
            "MainReportVersion",
            "info",
            "",
            json!({"version": "=2.0.9", "log_version": 3}),
        );
        log
    }

    /// The time of the next line, in dbt's form.
    fn now(&self) -> String {
        format!("2026-02-01T10:00:00.{:03}000Z", self.lines.len())
    }

    fn line(&mut self, name: &str, level: &str, msg: &str, data: Value) {
        let info = json!({
            "category": "", "code": "", "extra": {}, "invocation_id": INVOCATION, "level": level, "msg": msg, "name": name,
            "pid": 1, "thread": "tokio-rt-worker", "ts": self.now(),
        });
        self.lines
            .push(json!({"info": info, "data": data}).to_string());
    }

    fn info(&self, id: &str, status: &str, from: &str, to: &str) -> Value {
        let kind = id.split('.').next();
        json!({
            "node_path": "", "node_name": id.rsplit('.').next(), "unique_id": id, "resource_type": kind, "materialized": "table",
            "node_status": status, "node_started_at": from, "node_finished_at": to, "node_checksum": "",
            "node_relation": {"database": "d", "schema": "s", "alias": "a", "relation_name": "d.s.a"},
        })
    }

    fn phase(&mut self, name: &str, id: &str, status: &str) {
        let info = self.info(id, status, &self.now(), "");
        self.line(name, "debug", "", json!({"node_info": info}));
    }

    /// The first events of a node.
    fn start(&mut self, id: &str) {
        let info = self.info(id, "started", &self.now(), "");
        self.line("NodeStart", "debug", "", json!({"node_info": info.clone()}));
        self.line("LogStartLine", "info", "START", json!({"node_info": info}));
    }

    fn execute(&mut self, id: &str) {
        self.phase("NodeCompiling", id, "compiling");
        self.phase("NodeExecuting", id, "executing");
    }

    /// The last events of a node that started with the line of this number.
    fn end(&mut self, id: &str, status: &str, started: usize) {
        let from = format!("2026-02-01T10:00:00.{started:03}000Z");
        let info = self.info(id, status, &from, &self.now());
        let result = json!({"status": status, "execution_time": 0.1});
        let name = if id.starts_with("test") {
            "LogTestResult"
        } else {
            "LogModelResult"
        };
        self.line(
            name,
            "info",
            "",
            json!({"node_info": info, "status": status, "execution_time": 0.1}),
        );
        if matches!(status, "error" | "skipped" | "fail") {
            let marked = json!({"unique_id": id, "status": status, "run_result": result});
            self.line("MarkSkippedChildren", "debug", "", marked);
        }
        self.line(
            "NodeFinished",
            "debug",
            "",
            json!({"node_info": info, "run_result": result}),
        );
    }

    fn node(&mut self, id: &str, status: &str) {
        let started = self.lines.len();
        self.start(id);
        self.execute(id);
        self.end(id, status, started);
    }

    /// A diagnostic, which inherits the node at work.
    fn says(&mut self, level: &str, msg: &str, node: Option<&str>) {
        let data = node.map_or(json!({}), |id| json!({"node_info": {"unique_id": id}}));
        self.line("RemoteError", level, msg, data);
    }

    fn hook(&mut self, id: &str, status: &str) {
        let info = |status: &str| json!({"unique_id": id, "resource_type": "operation", "node_status": status, "node_name": "tiny-on-run-start-0"});
        self.line(
            "LogHookStartLine",
            "info",
            "START hook",
            json!({"node_info": info("started"), "index": 0}),
        );
        let end =
            json!({"node_info": info(status), "index": 0, "status": status, "execution_time": 0.1});
        self.line("LogHookEndLine", "info", "ERROR hook", end);
    }

    fn completed(&mut self, success: bool) {
        let data = json!({"completed_at": self.now(), "elapsed": 1.0, "success": success});
        self.line("CommandCompleted", "info", "", data);
    }

    fn track(&self, code: i32, results: Option<&RunResults>) -> (Vec<Effect>, TrackedRun) {
        let (mut tracker, mut out) = (tracker(), Vec::new());
        for line in &self.lines {
            feed(&mut tracker, line, &mut out);
        }
        let run = tracker.close(exit(code), results, &mut out);
        (out, run)
    }
}

fn results(listed: Value) -> RunResults {
    let text = json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "invocation_id": INVOCATION,
        },
        "results": listed,
    });
    RunResults::from_slice(text.to_string().as_bytes()).expect("the text is a run_results.json")
}

fn phantom(id: &str) -> Value {
    json!({"unique_id": id, "status": "error", "message": "Compilation Error", "execution_time": 0.0, "timing": []})
}

/// The message of a node's state.
fn message<'e>(effects: &'e [Effect], id: &str) -> &'e str {
    let mut ends = effects.iter().filter_map(|effect| match effect {
        Effect::NodeFinished(task, end) if task.unique_id == id => end.state.message.as_deref(),
        _ => None,
    });
    ends.next().unwrap_or_else(|| panic!("{id} has no message"))
}

#[test]
fn nodes_that_dbt_only_mentions_or_compiles_are_not_of_the_run() {
    let mut log = Log::new();
    log.says("warn", "[warning]: careful", Some("model.tiny.elsewhere"));
    log.phase("NodeCompiling", "model.tiny.under_test", "compiling");
    log.phase("NodeExecuting", "model.tiny.under_test", "executing");
    log.line(
        "SQLQuery",
        "debug",
        "select 1",
        json!({"sql": "select 1", "node_info": {"unique_id": "model.tiny.stg"}}),
    );
    log.completed(true);
    let (effects, run) = log.track(1, None);
    assert_eq!(ends(&effects), []);
    assert!(run.nodes.is_empty());
    assert!(
        matches!(&effects[..], [Effect::Log(line)] if line.task.is_none()),
        "{effects:?}"
    );
}

#[test]
fn a_node_runs_from_the_start_of_its_execution() {
    let mut log = Log::new();
    // As with --static-analysis strict: all nodes start at once.
    log.start("model.tiny.stg");
    log.start("model.tiny.mart");
    log.start("model.tiny.leaf");
    log.execute("model.tiny.stg");
    log.end("model.tiny.stg", "success", 1);
    log.execute("model.tiny.mart");
    log.says(
        "error",
        "[error] [RemoteError (dbt1014)]: no table raw",
        Some("model.tiny.mart"),
    );
    log.end("model.tiny.mart", "error", 3);
    log.end("model.tiny.leaf", "skipped", 5);
    log.completed(false);
    let (effects, _) = log.track(1, None);
    let effects: Vec<_> = effects
        .into_iter()
        .filter(|effect| !matches!(effect, Effect::Log(_)))
        .collect();
    insta::assert_snapshot!("dbt2_execution", shown(&effects));
}

#[test]
fn the_line_before_a_result_says_why() {
    let mut log = Log::new();
    let (model, test) = ("model.tiny.stg", "test.tiny.nothing_wrong");
    let started = log.lines.len();
    log.start(model);
    log.execute(model);
    log.says("warn", "[warning] [Deprecated (dbt1051)]: old", Some(model));
    log.says(
        "error",
        "[error] [RemoteError (dbt1014)]: no table\n  raw",
        Some(model),
    );
    log.end(model, "error", started);
    let started = log.lines.len();
    log.start(test);
    log.execute(test);
    log.says(
        "warn",
        "[warning] [TestWarning (dbt1400)]: Got 2 results",
        Some(test),
    );
    log.end(test, "warn", started);
    log.completed(false);
    let (effects, run) = log.track(1, None);
    assert_eq!(
        message(&effects, model),
        "Task run encountered an exception Exception: Node model.tiny.stg finished with status error\n\
         [RemoteError (dbt1014)]: no table\n  raw"
    );
    assert_eq!(
        message(&effects, test),
        "[TestWarning (dbt1400)]: Got 2 results"
    );
    let text = prefect_dbt::track::summary::failure_text(&["build".to_owned()], &run).unwrap();
    assert!(text.contains("no table"), "{text}");
}

#[test]
fn statuses_of_dbt_2_and_of_dbt_state() {
    let mut log = Log::new();
    log.node("seed.tiny.people", "reused");
    log.node("model.tiny.stg", "no-op");
    log.node("model.tiny.mart", "cancelled");
    log.node("model.tiny.leaf", "exploded");
    let (effects, _) = log.track(1, None);
    let expected = [
        ("seed.tiny.people", "Cached"),
        ("model.tiny.stg", "Completed"),
        ("model.tiny.mart", "Cancelled"),
        ("model.tiny.leaf", "Failed"),
    ];
    assert_eq!(ends(&effects), expected);
}

#[test]
fn a_result_says_why_its_relation_was_reused() {
    let mut log = Log::new();
    log.node("model.tiny.stg", "reused");
    let mut results = log.lines.iter_mut();
    let result = results.rfind(|line| line.contains("LogModelResult"));
    let result = result.expect("a result");
    let mut event: Value = serde_json::from_str(result).expect("JSON");
    event["info"]["msg"] = "Reused [ 0.00s] model s.stg (table - No new changes)".into();
    *result = event.to_string();
    let (effects, _) = log.track(0, None);
    assert_eq!(message(&effects, "model.tiny.stg"), "No new changes");
}

#[test]
fn a_microbatch_model_has_one_result() {
    let mut log = Log::new();
    log.node("model.tiny.daily", "success");
    log.node("model.tiny.after_daily", "success");
    let (effects, _) = log.track(0, None);
    let last = effects
        .iter()
        .rposition(|effect| matches!(effect, Effect::NodeFinished(..)));
    let daily = effects.iter().position(|effect| matches!(effect, Effect::NodeFinished(task, _) if task.unique_id.ends_with(".daily")));
    assert!(daily < last, "the model ends with its NodeFinished");
}

#[test]
fn the_error_after_a_failed_hook_is_its_message() {
    const HOOK: &str = "operation.tiny.tiny-on-run-start-0";
    for named in [None, Some(HOOK)] {
        let mut log = Log::new();
        log.hook(HOOK, "error");
        log.says(
            "error",
            "[error] [RemoteError (dbt1014)]: no such table",
            named,
        );
        log.completed(false);
        let (effects, _) = log.track(1, Some(&results(json!([phantom("model.tiny.stg")]))));
        assert_eq!(ends(&effects), [(HOOK, "Failed")]);
        assert!(message(&effects, HOOK).ends_with("\n[RemoteError (dbt1014)]: no such table"));
    }
    let mut log = Log::new();
    log.hook(HOOK, "error");
    log.node("model.tiny.stg", "success");
    log.says("error", "[error]: of the end", None);
    let (effects, _) = log.track(1, None);
    assert_eq!(
        ends(&effects),
        [(HOOK, "Failed"), ("model.tiny.stg", "Completed")]
    );
    assert!(!message(&effects, HOOK).contains("of the end"));
}

#[test]
fn results_that_the_stream_contradicts_do_not_win() {
    let mut log = Log::new();
    log.node("model.tiny.stg", "success");
    log.start("model.tiny.mart");
    log.execute("model.tiny.mart");
    log.start("model.tiny.other");
    let info = log.info("model.tiny.other", "success", &log.now(), &log.now());
    log.line(
        "LogModelResult",
        "info",
        "",
        json!({"node_info": info, "status": "success"}),
    );
    let real = json!({
        "unique_id": "model.tiny.other", "status": "error", "message": "lost", "execution_time": 0.5, "timing": [],
    });
    let listed = json!([
        phantom("model.tiny.stg"),
        phantom("model.tiny.mart"),
        phantom("model.tiny.leaf"),
        real
    ]);
    let (effects, run) = log.track(1, Some(&results(listed)));
    let expected = [
        ("model.tiny.stg", "Completed"),
        ("model.tiny.mart", "Crashed"),
        ("model.tiny.other", "Completed"),
    ];
    assert_eq!(ends(&effects), expected);
    let made_up = |text: &Option<String>| text.as_deref() == Some("Compilation Error");
    assert!(!run.results().any(|result| made_up(&result.message)));
}

#[test]
fn an_interrupted_node_is_cancelled_and_results_of_dbt_2_do_not_change_it() {
    let mut log = Log::new();
    let started = log.lines.len();
    log.start("model.tiny.stg");
    log.execute("model.tiny.stg");
    let (mut tracker, mut out) = (tracker(), Vec::new());
    for line in &log.lines {
        feed(&mut tracker, line, &mut out);
    }
    tracker.interrupted("interrupted by SIGINT");
    let before = log.lines.len();
    log.end("model.tiny.stg", "error", started);
    for line in &log.lines[before..] {
        feed(&mut tracker, line, &mut out);
    }
    let listed = results(json!([
        phantom("model.tiny.stg"),
        phantom("model.tiny.mart")
    ]));
    let run = tracker.close(exit(1), Some(&listed), &mut out);
    assert_eq!(ends(&out), [("model.tiny.stg", "Cancelled")]);
    assert_eq!(run.nodes[0].result.status, NodeStatus::Error);
}

#[test]
fn a_parse_error_is_why_dbt_2_could_not_run() {
    let mut log = Log::new();
    log.says(
        "error",
        "[error] [UnresolvedRef (dbt1048)]: ref leads nowhere",
        Some("model.tiny.stg"),
    );
    log.says("error", "[error] [Generic (dbt1000)]: 1 error", None);
    log.completed(false);
    let (effects, run) = log.track(1, None);
    assert_eq!(ends(&effects), []);
    assert_eq!(
        run.dbt_error.as_deref(),
        Some("[UnresolvedRef (dbt1048)]: ref leads nowhere\n[Generic (dbt1000)]: 1 error")
    );
}

#[test]
fn an_empty_selection_is_known() {
    let mut log = Log::new();
    log.line(
        "NoNodesSelected",
        "warn",
        "[warning] [NoNodesSelected (dbt1601)]: Nothing to do",
        json!({}),
    );
    log.completed(true);
    let (_, run) = log.track(0, None);
    assert_eq!(
        run.nothing_selected.as_deref(),
        Some("[NoNodesSelected (dbt1601)]: Nothing to do")
    );
}
