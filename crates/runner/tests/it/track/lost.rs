//! Events that dbt could not write, and results that are not of this run.

use dbt_manifest::RunResults;
use prefect_dbt::model::Effect;
use prefect_dbt::track::TextSource;
use serde_json::{Value, json};

use super::support::{ends, exit, feed, lines, results, tracker};

const OTHER: &str = "11111111-1111-4111-8111-111111111111";

/// The stream as dbt writes it if it can serialise no event of `node`: an empty object in place of each.
fn without_events_of(stream: &str, node: &str) -> Vec<String> {
    let has_node = |line: &String| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["data"]["node_info"]["unique_id"] == node
    };
    let lines = lines(stream);
    let mut found: Vec<String> = Vec::new();
    for line in lines {
        if has_node(&line) {
            found.push("{}".to_owned());
        } else {
            found.push(line);
        }
    }
    found
}

/// dbt's own event of a connection that bears the name of a node.
fn connection(node: &str) -> String {
    json!({
        "info": {"name": "ConnectionReused", "level": "debug", "msg": "", "ts": "2026-01-01T00:00:00.050Z"},
        "data": {"conn_name": node, "orig_conn_name": "list_tiny_main"},
    })
    .to_string()
}

fn end_of<'e>(
    effects: &'e [Effect],
    node: &str,
) -> (&'e prefect_dbt::model::TaskRun, &'e str, String) {
    effects
        .iter()
        .find_map(|effect| match effect {
            Effect::NodeFinished(task, end) if task.unique_id == node => Some((
                task,
                end.state.name.as_str(),
                end.state.message.clone().unwrap_or_default(),
            )),
            _ => None,
        })
        .unwrap_or_else(|| panic!("{node} has no end"))
}

fn replayed(stream: &str, node: &str, code: i32) -> (Vec<Effect>, bool) {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    for line in without_events_of(stream, node) {
        feed(&mut tracker, &line, &mut out);
    }
    let needs_results = tracker.needs_results(&exit(code));
    tracker.close(exit(code), results(stream).as_ref(), &mut out);
    (out, needs_results)
}

#[test]
fn a_failed_node_without_events_has_its_task_run_from_the_results() {
    let (out, needs_results) = replayed("model_fails", "model.tiny.stg", 1);
    assert!(needs_results);
    let (_, state, message) = end_of(&out, "model.tiny.stg");
    assert_eq!(state, "Failed");
    assert!(message.contains("model stg"), "{message}");
    let (_, state, message) = end_of(&out, "model.tiny.mart");
    assert_eq!(state, "Skipped");
    assert_eq!(message, "Skipped because model.tiny.stg did not succeed");
    let is_noise = |effect: &Effect| matches!(effect, Effect::Log(line) if line.message == "{}");
    assert!(!out.iter().any(is_noise));
}

#[test]
fn a_good_node_or_test_without_events_has_its_task_run_from_the_results() {
    for node in ["model.tiny.stg", "test.tiny.nothing_wrong"] {
        let (out, needs_results) = replayed("good", node, 0);
        assert!(needs_results, "{node}");
        let (task, state, _) = end_of(&out, node);
        assert_eq!(state, "Completed");
        assert!(!task.wait_for.is_empty(), "{node} has no edges");
        assert_eq!(ends(&out).len(), ends(&replayed("good", "none", 0).0).len());
    }
}

#[test]
fn a_connection_of_a_node_tells_those_below_that_it_takes_part() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    feed(&mut tracker, &connection("model.tiny.stg"), &mut out);
    for line in without_events_of("good", "model.tiny.stg") {
        feed(&mut tracker, &line, &mut out);
    }
    tracker.close(exit(0), results("good").as_ref(), &mut out);
    let stg = end_of(&out, "model.tiny.stg").0.id;
    assert!(end_of(&out, "model.tiny.mart").0.wait_for.contains(&stg));
    assert_eq!(end_of(&out, "model.tiny.stg").1, "Completed");
}

#[test]
fn a_diagnostic_that_names_a_node_creates_none() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    let line = json!({
        "info": {"name": "JinjaLogWarning", "level": "warn", "msg": "careful", "ts": "2026-01-01T00:00:00Z"},
        "data": {"node_info": {"unique_id": "model.tiny.stg", "node_status": "started"}},
    });
    feed(&mut tracker, &line.to_string(), &mut out);
    let run = tracker.close(exit(0), None, &mut out);
    assert!(run.nodes.is_empty());
    assert!(
        matches!(&out[..], [Effect::Log(line)] if line.task.is_none() && line.message == "careful")
    );
}

#[test]
fn results_without_a_stream_or_of_another_invocation_do_not_count() {
    let listed = |invocation: Value| {
        let text = json!({
            "metadata": {
                "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
                "invocation_id": invocation,
            },
            "results": [{"unique_id": "model.tiny.stg", "status": "skipped"}],
        });
        RunResults::from_slice(text.to_string().as_bytes()).unwrap()
    };
    for (invocation, has_stream) in [
        (json!(OTHER), false),
        (json!(OTHER), true),
        (json!(null), true),
    ] {
        let (mut tracker, mut out) = (tracker(), Vec::new());
        if has_stream {
            feed(&mut tracker, &lines("good")[0], &mut out);
        } else {
            tracker.on_text(
                TextSource::Stderr,
                "No such option: --nope",
                exit(2).at,
                &mut out,
            );
        }
        let run = tracker.close(exit(2), Some(&listed(invocation)), &mut out);
        assert!(run.nodes.is_empty(), "{has_stream}");
    }
}

#[test]
fn a_node_that_dbts_death_leaves_open_ends_when_dbt_died() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    for line in lines("killed") {
        feed(&mut tracker, &line, &mut out);
    }
    let run = tracker.close(exit(-9), None, &mut out);
    let open = run
        .nodes
        .iter()
        .find(|node| node.state.name == "Crashed")
        .unwrap();
    assert_eq!(open.end_time, exit(-9).at);
}
