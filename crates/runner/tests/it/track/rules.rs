//! Rules that no recorded stream shows.

use prefect_dbt::model::{Effect, Level};
use prefect_dbt::track::TextSource;

use super::support::{ends, exit, feed, lines, run, tracker};

#[test]
fn a_skipped_node_has_one_event() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    let line = r#"{"info": {"name": "SkippingDetails", "level": "info", "msg": "SKIP", "ts": "2026-01-01T00:00:00Z"},
        "data": {"node_info": {"unique_id": "model.tiny.stg", "node_status": "skipped"}}}"#;
    feed(&mut tracker, line, &mut out);
    tracker.close(exit(1), None, &mut out);
    assert_eq!(ends(&out), [("model.tiny.stg", "Skipped")]);
}

#[test]
fn an_exception_ends_its_node_even_without_node_info() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    let line = r#"{"info": {"name": "GenericExceptionOnRun", "level": "error", "msg": "Unhandled", "ts": "2026-01-01T00:00:00Z"},
        "data": {"unique_id": "model.tiny.stg", "exc": "disk full"}}"#;
    feed(&mut tracker, line, &mut out);
    let run = tracker.close(exit(1), None, &mut out);
    assert_eq!(ends(&out), [("model.tiny.stg", "Failed")]);
    assert_eq!(run.nodes[0].result.message.as_deref(), Some("disk full"));
}

#[test]
fn a_missing_result_is_read_from_run_results() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    for line in lines("good")
        .iter()
        .filter(|line| !line.contains("\"NodeFinished\"") && !line.contains("Result"))
    {
        feed(&mut tracker, line, &mut out);
    }
    let results = super::support::results("good");
    let open = ends(&out).len();
    tracker.close(exit(0), results.as_ref(), &mut out);
    let all = ends(&out);
    assert!(all.len() > open);
    assert!(
        all.iter().all(|(_, state)| *state == "Completed"),
        "{all:?}"
    );
}

#[test]
fn plain_lines_are_logs_and_the_reason_when_dbt_could_not_run() {
    let (mut tracker, mut out) = (tracker(), Vec::new());
    tracker.on_text(
        TextSource::Stderr,
        "Error: No such option: --selct",
        exit(0).at,
        &mut out,
    );
    assert!(
        matches!(&out[..], [Effect::Log(line)] if line.task.is_none() && line.level == Level::Info)
    );
    let run = tracker.close(exit(2), None, &mut out);
    assert_eq!(
        run.dbt_error.as_deref(),
        Some("Error: No such option: --selct")
    );
}

#[test]
fn times_are_those_of_dbt_to_the_microsecond() {
    let (effects, _) = run("good", exit(0));
    let mut checked = 0;
    for line in lines("good")
        .iter()
        .filter(|line| line.contains("\"name\":\"NodeFinished\""))
    {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let info = &event["data"]["node_info"];
        let finished = format!("{}Z", info["node_finished_at"].as_str().unwrap());
        let last = effects.iter().find_map(|effect| match effect {
            Effect::NodeFinished(task, end) if info["unique_id"] == task.unique_id.as_str() => {
                Some((task, end))
            }
            _ => None,
        });
        let Some((task, end)) = last else { continue };
        if task.unique_id != "model.tiny.daily" {
            assert_eq!(
                end.end_time,
                finished.parse().unwrap(),
                "{}",
                task.unique_id
            );
            assert_eq!(
                task.start_time,
                format!("{}Z", info["node_started_at"].as_str().unwrap())
                    .parse()
                    .unwrap()
            );
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
}
