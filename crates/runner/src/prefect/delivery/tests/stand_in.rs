//! A stand-in for the Prefect server: as much of its API as a report uses, kept in memory.

use std::collections::{HashMap, HashSet};
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use jiff::Timestamp;
use prefect_client::StateType;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::prefect::http_request::Request;

/// Starts a server that ends with the test's process, and returns the URL of its API.
pub(super) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/api", listener.local_addr().expect("an address"));
    let stored = Arc::<Mutex<Stored>>::default();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let stored = Arc::clone(&stored);
            thread::spawn(move || serve(&stream, &stored));
        }
    });
    url
}

/// One request; the connection is closed after it.
fn serve(mut stream: &TcpStream, stored: &Mutex<Stored>) -> Option<()> {
    let request = Request::read(&mut BufReader::new(stream))?;
    let body = serde_json::from_slice(&request.body).unwrap_or_default();
    let (status, answer) = stored.lock().ok()?.answer(&request.line(), body);
    let text = match status {
        204 => String::new(),
        _ => format!(
            "content-length: {}\r\n\r\n{answer}",
            answer.to_string().len()
        ),
    };
    let end = if text.is_empty() { "\r\n" } else { "" };
    let head = format!("HTTP/1.1 {status} Test\r\nconnection: close\r\n");
    stream
        .write_all(format!("{head}{text}{end}").as_bytes())
        .ok()
}

/// What the server holds, in the form in which its API answers.
#[derive(Default)]
struct Stored {
    flows: HashMap<Uuid, Value>,
    flow_runs: HashMap<Uuid, Value>,
    task_runs: HashMap<Uuid, Value>,
    logs: Vec<Value>,
    transitions: HashSet<(Uuid, String)>,
}

impl Stored {
    fn answer(&mut self, request: &str, body: Value) -> (u16, Value) {
        let (method, path) = request.split_once(" /api/").expect("a request to the API");
        let path: Vec<_> = path.trim_end_matches('/').split('/').collect();
        match (method, path.as_slice()) {
            ("POST", ["flows"]) => (201, create(&mut self.flows, "name", body)),
            ("GET", ["flows", id]) => found(&self.flows, id),
            ("POST", ["flow_runs"]) => (201, self.create_flow_run(body)),
            ("GET", ["flow_runs", id]) => found(&self.flow_runs, id),
            ("GET", ["flow_runs", id, "graph-v2"]) => (200, self.graph(id)),
            ("POST", ["flow_runs", id, "set_state"]) => self.propose(parsed(id), &body),
            ("POST", ["events"]) => {
                list(&body).iter().for_each(|event| self.record(event));
                (204, Value::Null)
            }
            ("GET", ["task_runs", id]) => found(&self.task_runs, id),
            ("POST", ["task_runs", "filter"]) => (200, self.task_runs(&body).into()),
            ("POST", ["task_runs", "count"]) => (200, self.task_runs(&body).len().into()),
            ("POST", ["logs"]) => {
                self.logs.extend_from_slice(list(&body));
                (201, Value::Null)
            }
            ("POST", ["logs", "filter"]) => (200, self.logs(&body).into()),
            _ => (
                422,
                json!({ "detail": "the stand-in does not know this request" }),
            ),
        }
    }

    fn create_flow_run(&mut self, mut run: Value) -> Value {
        let kind = run["state"]["type"].as_str().unwrap_or("PENDING");
        run["state"] = state(kind, &run["state"], Timestamp::now());
        run["run_count"] = 0.into();
        if run["name"].is_null() {
            run["name"] = "nameless".into();
        }
        if run["idempotency_key"].is_null() {
            run["idempotency_key"] = Uuid::new_v4().to_string().into();
        }
        create(&mut self.flow_runs, "idempotency_key", run)
    }

    /// The server's rules for states of flow runs, as far as a report meets them.
    fn propose(&mut self, id: Uuid, body: &Value) -> (u16, Value) {
        let Some(run) = self.flow_runs.get_mut(&id) else {
            return missing();
        };
        let proposed = &body["state"];
        let transition = proposed["state_details"]["transition_id"].as_str();
        let is_new = transition
            .is_none_or(|transition| self.transitions.insert((id, transition.to_owned())));
        let (from, to) = (kind(&run["state"]), kind(proposed));
        let (status, reason) = if !is_new {
            ("REJECT", "This run has already made this state transition.")
        } else if body["force"] == true {
            ("ACCEPT", "")
        } else if from.is_terminal() && to.is_terminal() {
            ("ABORT", "This run is already in a terminal state.")
        } else if from == StateType::Cancelling && to.is_terminal() && to != StateType::Cancelled {
            ("REJECT", "")
        } else {
            ("ACCEPT", "")
        };
        if status == "ACCEPT" {
            let name = proposed["type"].as_str().unwrap_or_default();
            run["state"] = state(name, proposed, Timestamp::now());
            if to == StateType::Running {
                run["run_count"] = (run["run_count"].as_u64().unwrap_or_default() + 1).into();
            }
        }
        let answer =
            json!({ "status": status, "state": run["state"], "details": { "reason": reason } });
        (201, answer)
    }

    /// Task runs come to be by their events; the youngest state counts.
    fn record(&mut self, event: &Value) {
        let Some(id) = resource_id(&event["resource"], "prefect.task-run.") else {
            return;
        };
        let occurred = timestamp(&event["occurred"]);
        let known = self.task_runs.get(&id);
        if known.is_some_and(|run| timestamp(&run["state"]["timestamp"]) >= occurred) {
            return;
        }
        let proposed = &event["payload"]["validated_state"];
        let name = proposed["type"].as_str().unwrap_or_default();
        let mut related = list(&event["related"]).iter();
        let flow_run = related.find_map(|resource| resource_id(resource, "prefect.flow-run."));
        let mut run = event["payload"]["task_run"].clone();
        run["id"] = json!(id);
        run["flow_run_id"] = json!(flow_run);
        run["state"] = state(name, proposed, occurred);
        self.task_runs.insert(id, run);
    }

    fn task_runs(&self, body: &Value) -> Vec<Value> {
        let filter = &body["task_runs"];
        let fits = |run: &&Value| {
            is_any(&filter["id"], &run["id"])
                && is_any(&filter["flow_run_id"], &run["flow_run_id"])
                && is_any(&filter["state"]["type"], &run["state"]["type"])
        };
        page(self.task_runs.values().filter(fits), body)
    }

    fn logs(&self, body: &Value) -> Vec<Value> {
        let filter = &body["logs"];
        let fits = |log: &&Value| {
            is_any(&filter["flow_run_id"], &log["flow_run_id"])
                && is_any(&filter["task_run_id"], &log["task_run_id"])
        };
        let mut logs: Vec<_> = self.logs.iter().filter(fits).collect();
        logs.sort_by_key(|log| timestamp(&log["timestamp"]));
        page(logs.into_iter(), body)
    }

    fn graph(&self, flow_run: &str) -> Value {
        let runs = self.task_runs.values();
        let nodes = runs
            .filter(|run| run["flow_run_id"] == flow_run)
            .map(|run| json!([run["id"], { "parents": run["task_inputs"]["wait_for"] }]));
        json!({ "nodes": nodes.collect::<Vec<_>>() })
    }
}

/// The one with the same key, or a new one.
fn create(stored: &mut HashMap<Uuid, Value>, key: &str, mut new: Value) -> Value {
    if let Some(known) = stored.values().find(|known| known[key] == new[key]) {
        return known.clone();
    }
    let id = Uuid::now_v7();
    new["id"] = json!(id);
    stored.insert(id, new.clone());
    new
}

fn found(stored: &HashMap<Uuid, Value>, id: &str) -> (u16, Value) {
    let found = stored.get(&parsed(id));
    found.map_or_else(missing, |found| (200, found.clone()))
}

fn missing() -> (u16, Value) {
    (404, json!({ "detail": "not found" }))
}

fn state(kind: &str, proposed: &Value, at: Timestamp) -> Value {
    json!({
        "id": Uuid::now_v7(),
        "type": kind,
        "name": proposed["name"].as_str().unwrap_or(kind),
        "message": proposed["message"],
        "timestamp": at,
        "state_details": {},
    })
}

fn kind(state: &Value) -> StateType {
    serde_json::from_value(state["type"].clone()).expect("a type of states")
}

/// Whether a filter's list holds the value; no list holds all.
fn is_any(filter: &Value, value: &Value) -> bool {
    let any = filter["any_"].as_array();
    any.is_none_or(|any| any.contains(value))
}

fn page<'a>(found: impl Iterator<Item = &'a Value>, body: &Value) -> Vec<Value> {
    let number = |name: &str| body[name].as_u64().and_then(|n| usize::try_from(n).ok());
    let found = found.skip(number("offset").unwrap_or(0));
    found
        .take(number("limit").unwrap_or(200))
        .cloned()
        .collect()
}

fn resource_id(resource: &Value, prefix: &str) -> Option<Uuid> {
    let id = resource["prefect.resource.id"].as_str()?;
    id.strip_prefix(prefix)?.parse().ok()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn timestamp(value: &Value) -> Timestamp {
    let text = value.as_str().expect("a timestamp");
    text.parse().expect("a timestamp")
}

fn parsed(id: &str) -> Uuid {
    id.parse().expect("an id")
}
