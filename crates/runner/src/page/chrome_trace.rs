//! A page as a Chrome trace, which trace viewers open: each node is an event on the thread of its lane.

use serde_json::{Value, json};

use super::run_page::Page;

/// The trace: an object with `traceEvents`. Times are in microseconds.
pub(crate) fn chrome_trace(page: &Page) -> Value {
    let process = json!({"name": "process_name", "ph": "M", "pid": 1, "args": {"name": format!("dbt {}", page.command)}});
    let threads = (0..page.lanes).map(|lane| {
        json!({"name": "thread_name", "ph": "M", "pid": 1, "tid": lane + 1, "args": {"name": format!("Thread {}", lane + 1)}})
    });
    let nodes = page.nodes.iter().filter_map(|node| {
        let kind = node.unique_id.split('.').next().unwrap_or_default();
        Some(json!({
            "name": node.unique_id, "cat": kind, "ph": "X", "pid": 1, "tid": node.lane? + 1,
            "ts": microseconds(node.starts?), "dur": microseconds(node.seconds?),
            "args": {"status": node.status_text(), "message": node.message},
        }))
    });
    let events: Vec<Value> = [process].into_iter().chain(threads).chain(nodes).collect();
    json!({"traceEvents": events, "displayTimeUnit": "ms"})
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no run takes 2^63 microseconds"
)]
fn microseconds(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}
