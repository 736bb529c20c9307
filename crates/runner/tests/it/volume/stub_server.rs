//! A server that accepts everything at once and counts it: for runs that are too large for the real one to record while a
//! test waits.

use std::collections::{HashMap, HashSet};
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http_request::Request;

/// The type of the artifact with what is still to do.
const LEDGER: &str = "prefect-dbt-ledger";

/// What the server received.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// The task runs that have ended.
    pub(super) ended: HashMap<Uuid, Ended>,
    /// Level, time and message of each log line, how often it came.
    pub(super) logs: HashMap<(String, String), usize>,
    /// The ids of events of assets.
    pub(super) assets: HashSet<String>,
    /// All events, by name.
    pub(super) events: HashMap<String, usize>,
    /// How many artifacts were created, without the ledger.
    pub(super) artifacts: usize,
    /// The ledger; empty if there is none.
    pub(super) ledger: String,
    /// The type of the flow run's last state.
    pub(super) state: String,
}

/// A task run that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) key: String,
    pub(super) state: String,
    pub(super) upstream: Vec<Uuid>,
    /// How often that was reported.
    pub(super) times: usize,
}

/// The server. It ends with the test's process.
pub(super) struct StubServer {
    /// The URL of its API.
    pub(super) url: String,
    received: Arc<Mutex<Received>>,
}

impl StubServer {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Received::default()));
        let shared = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let received = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &received));
            }
        });
        Self { url, received }
    }

    pub(super) fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap()
    }
}

/// The requests of a connection, until the client goes away.
fn serve(stream: &TcpStream, received: &Mutex<Received>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader) {
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        let (status, answer) = received.lock().unwrap().answer(&request.line(), &body);
        let text = match status {
            204 => String::new(),
            _ => answer.to_string(),
        };
        let length = text.len();
        let whole = format!("HTTP/1.1 {status} Stub\r\ncontent-length: {length}\r\n\r\n{text}");
        (&*stream).write_all(whole.as_bytes()).ok()?;
    }
    Some(())
}

impl Received {
    fn answer(&mut self, request: &str, body: &Value) -> (u16, Value) {
        let id = Uuid::from_u128(1);
        match request.trim_start_matches("POST /api") {
            "/flows/" => (201, json!({ "id": id, "name": body["name"] })),
            "/flow_runs/" => (
                201,
                json!({ "id": id, "name": body["name"], "flow_id": id, "tags": [] }),
            ),
            "/logs/" => {
                for log in list(body) {
                    let line = (text(&log["timestamp"]), text(&log["message"]));
                    *self.logs.entry(line).or_default() += 1;
                }
                (201, Value::Null)
            }
            "/events" => {
                list(body).iter().for_each(|event| self.event(event));
                (204, Value::Null)
            }
            "/events/filter" => {
                let asked = list(&body["filter"]["id"]["id"]);
                let found = asked.iter().filter(|id| self.assets.contains(&text(id)));
                let found: Vec<_> = found.map(stored_event).collect();
                (200, json!({ "events": found, "next_page": null }))
            }
            "/task_runs/count" => {
                let asked = list(&body["task_runs"]["id"]["any_"]);
                let ended = asked.iter().filter(|id| self.ended.contains_key(&uuid(id)));
                (200, json!(ended.count()))
            }
            "/artifacts/" if body["type"] == LEDGER => {
                self.ledger = text(&body["data"]);
                (201, json!({ "id": id }))
            }
            "/artifacts/" => {
                self.artifacts += 1;
                (201, json!({ "id": id }))
            }
            "/artifacts/filter" => {
                let kept =
                    (!self.ledger.is_empty()).then(|| json!({ "id": id, "data": self.ledger }));
                (200, kept.into_iter().collect())
            }
            path if path.starts_with("PATCH /api/artifacts/") => {
                self.ledger = text(&body["data"]);
                (204, Value::Null)
            }
            path if path.starts_with("DELETE /api/artifacts/") => {
                self.ledger.clear();
                (204, Value::Null)
            }
            path if path.starts_with("GET /api/flow_runs/") => (
                200,
                json!({ "id": id, "name": "big", "flow_id": id, "tags": [] }),
            ),
            path if path.ends_with("/set_state") => {
                self.state = text(&body["state"]["type"]);
                (
                    201,
                    json!({ "status": "ACCEPT", "state": body["state"], "details": {} }),
                )
            }
            _ => (422, json!({ "detail": "unknown to the stub" })),
        }
    }

    fn event(&mut self, event: &Value) {
        let name = text(&event["event"]);
        if name.starts_with("prefect.asset.") {
            self.assets.insert(text(&event["id"]));
        }
        *self.events.entry(name).or_default() += 1;
        let state = text(&event["payload"]["validated_state"]["type"]);
        if state.is_empty() || state == "RUNNING" {
            return;
        }
        let task_run = &event["payload"]["task_run"];
        let resource = text(&event["resource"]["prefect.resource.id"]);
        let id = resource.trim_start_matches("prefect.task-run.");
        let upstream = list(&task_run["task_inputs"]["wait_for"]);
        let ended = self
            .ended
            .entry(id.parse().unwrap())
            .or_insert_with(|| Ended {
                key: text(&task_run["task_key"]),
                state,
                upstream: upstream.iter().map(|input| uuid(&input["id"])).collect(),
                times: 0,
            });
        ended.times += 1;
    }
}

fn stored_event(id: &Value) -> Value {
    json!({
        "id": id,
        "occurred": "2026-01-01T00:00:00Z",
        "event": "prefect.asset.referenced",
        "resource": {},
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn uuid(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}
