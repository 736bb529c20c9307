//! The wait for a lock, with a stand-in for the server's concurrency limits.

use std::collections::HashMap;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prefect_client::{Client, Settings};
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::prefect::http_request::Request;

/// The limits of a server, by name: what the API says of them.
#[derive(Default)]
struct Limits {
    limits: HashMap<String, Value>,
    leases: HashMap<Uuid, String>,
    events: Vec<Value>,
    /// How many leases are granted of limits that are then found to be deleted.
    deletions: u32,
    /// How many requests that change something fail.
    failures: u32,
}

/// A server of concurrency limits.
struct Server {
    client: Client,
    limits: Arc<Mutex<Limits>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let limits = Arc::<Mutex<Limits>>::default();
        let shared = Arc::clone(&limits);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(&stream, &shared);
            }
        });
        let client = Client::new(&Settings::with_api_url(&url)).unwrap();
        Self { client, limits }
    }

    fn limits(&self) -> std::sync::MutexGuard<'_, Limits> {
        self.limits.lock().unwrap()
    }

    fn active_slots(&self, name: &str) -> Value {
        self.limits().limits[name]["active_slots"].clone()
    }

    /// What a run that is called `holder` wants. Its warnings are added to the list.
    fn wanted<'a>(
        &'a self,
        name: &'a str,
        holder: &str,
        timeout: Option<u64>,
        warnings: &Arc<Mutex<Vec<String>>>,
    ) -> Wanted<'a> {
        let warnings = Arc::clone(warnings);
        Wanted {
            client: &self.client,
            name,
            holder: Holder {
                description: holder.to_owned(),
                flow_run_id: Some(Uuid::from_u128(5)),
            },
            timeout: timeout.map(Duration::from_secs),
            outage: Duration::ZERO,
            warn: Arc::new(move |text| warnings.lock().unwrap().push(text.to_owned())),
        }
    }
}

fn serve(mut stream: &TcpStream, limits: &Mutex<Limits>) -> Option<()> {
    let request = Request::read(&mut BufReader::new(stream))?;
    let body = serde_json::from_slice(&request.body).unwrap_or_default();
    let (status, answer) = limits.lock().ok()?.answer(&request.line(), &body);
    let answer = answer.to_string();
    let length = answer.len();
    let head = format!("HTTP/1.1 {status} Test\r\nconnection: close\r\nretry-after: 0.1");
    let response = format!("{head}\r\ncontent-length: {length}\r\n\r\n{answer}");
    stream.write_all(response.as_bytes()).ok()
}

impl Limits {
    fn answer(&mut self, request: &str, body: &Value) -> (u16, Value) {
        let path = request.split("/api/").nth(1).unwrap_or_default();
        let path: Vec<_> = path.trim_end_matches('/').split('/').collect();
        let none = (404, json!({"detail": "not found"}));
        if request.starts_with("POST") && self.failures > 0 {
            self.failures -= 1;
            return (503, json!({"detail": "busy"}));
        }
        match path.as_slice() {
            ["v2", "concurrency_limits"] => {
                let name = body["name"].as_str().unwrap().to_owned();
                self.limits
                    .insert(name.clone(), limit(&name, &body["limit"]));
                (201, Value::Null)
            }
            ["v2", "concurrency_limits", "increment-with-lease"] => self.lease(body),
            ["v2", "concurrency_limits", "decrement-with-lease"] => {
                let id: Uuid = serde_json::from_value(body["lease_id"].clone()).unwrap();
                if let Some(name) = self.leases.remove(&id) {
                    self.limits.get_mut(&name).unwrap()["active_slots"] = 0.into();
                }
                (204, Value::Null)
            }
            ["v2", "concurrency_limits", "decrement"] => {
                let name = body["names"][0].as_str().unwrap();
                self.limits.get_mut(name).unwrap()["active_slots"] = 0.into();
                (200, json!([]))
            }
            ["v2", "concurrency_limits", "leases", id, "renew"] => {
                match self.leases.contains_key(&id.parse().unwrap()) {
                    true => (204, Value::Null),
                    false => (410, json!({"detail": "gone"})),
                }
            }
            ["v2", "concurrency_limits", name] => {
                let found = self.limits.get(*name).cloned();
                found.map_or(none, |limit| (200, limit))
            }
            ["events"] => {
                self.events.extend(body.as_array().unwrap().clone());
                (204, Value::Null)
            }
            ["events", "filter"] => {
                let mut events = self.events.clone();
                events.reverse();
                (200, json!({"events": events, "total": events.len()}))
            }
            _ => none,
        }
    }

    fn lease(&mut self, body: &Value) -> (u16, Value) {
        let name = body["names"][0].as_str().unwrap();
        let id = Uuid::new_v4();
        let nothing = json!({"lease_id": id, "limits": []});
        if self.deletions > 0 {
            self.deletions -= 1;
            self.limits.remove(name);
            return (200, nothing);
        }
        let Some(limit) = self.limits.get_mut(name) else {
            return (200, nothing);
        };
        if limit["active_slots"] == limit["limit"] {
            return (423, Value::Null);
        }
        limit["active_slots"] = 1.into();
        self.leases.insert(id, name.to_owned());
        (200, json!({"lease_id": id, "limits": [limit]}))
    }
}

fn limit(name: &str, slots: &Value) -> Value {
    json!({
        "id": Uuid::new_v4(),
        "name": name,
        "limit": slots,
        "active": true,
        "active_slots": 0,
        "slot_decay_per_second": 0.0,
    })
}

#[tokio::test]
async fn a_limit_is_created_and_its_slot_is_held_until_the_run_releases_it() {
    let server = Server::start();
    let warnings = Arc::default();
    let locks = Locks::default();
    let wanted = server.wanted("shop", "one", None, &warnings);
    let lock = locks.take(&wanted).await.unwrap();
    assert_eq!(server.active_slots("shop"), 1);
    assert_eq!(locks.names(), ["shop"]);
    drop(lock);
    assert_eq!(server.active_slots("shop"), 1, "a retry may follow");
    locks.release().await;
    assert_eq!(server.active_slots("shop"), 0);
    assert!(warnings.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_run_waits_for_another_one_and_says_for_which() {
    let server = Server::start();
    let (first, second) = (Locks::default(), Locks::default());
    let warnings = Arc::default();
    let shown = Arc::default();
    let wanted = server.wanted("shop", "flow run `one`", None, &shown);
    let held = first.take(&wanted).await.unwrap();
    while server.limits().events.is_empty() {
        tokio::task::yield_now().await;
    }
    let wanted = server.wanted("shop", "flow run `two`", None, &warnings);
    let waiting = second.take(&wanted);
    let release = async {
        while warnings.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        drop(held);
        first.release().await;
    };
    let (taken, ()) = tokio::join!(waiting, release);
    taken.unwrap();
    let expected = "waiting for the database lock `shop`, which flow run `one` holds";
    assert_eq!(*warnings.lock().unwrap(), [expected]);
    let event = server.limits().events[0].clone();
    assert_eq!(event["event"], "prefect.concurrency-limit.acquired");
    assert_eq!(event["related"][0]["prefect.resource.role"], "flow-run");
    second.release().await;
}

#[tokio::test]
async fn a_lock_that_is_not_free_in_time_is_an_error_with_its_holder() {
    let server = Server::start();
    let (first, second) = (Locks::default(), Locks::default());
    let warnings = Arc::default();
    let wanted = server.wanted("shop", "one", None, &warnings);
    let _held = first.take(&wanted).await.unwrap();
    while server.limits().events.is_empty() {
        tokio::task::yield_now().await;
    }
    for seconds in [0, 1] {
        let wanted = server.wanted("shop", "two", Some(seconds), &warnings);
        let error = second.take(&wanted).await.unwrap_err();
        let text =
            format!("the database lock `shop` was not free within {seconds} s: one holds it");
        assert_eq!(error.to_string(), text);
        assert!(error.help().unwrap().contains("--active-slots 0"));
    }
    assert!(second.names().is_empty());
    first.release().await;
}

#[tokio::test]
async fn a_run_never_waits_for_itself() {
    let server = Server::start();
    let locks = Locks::default();
    let warnings = Arc::default();
    let wanted = server.wanted("shop", "one", Some(0), &warnings);
    let (one, two) = tokio::join!(locks.take(&wanted), locks.take(&wanted));
    let (one, _two) = (one.unwrap(), two.unwrap());
    assert_eq!(server.limits().leases.len(), 1);

    // A lock that none of the invocations of a flow uses is given back before the flow asks for another one.
    let other = server.wanted("other", "one", Some(0), &warnings);
    let _other = locks.take(&other).await.unwrap();
    assert_eq!(server.active_slots("shop"), 1, "it is in use");
    drop((one, _two));
    let third = server.wanted("third", "one", Some(0), &warnings);
    let _third = locks.take(&third).await.unwrap();
    assert_eq!(server.active_slots("shop"), 0);
    assert_eq!(server.active_slots("other"), 1);
    locks.release().await;
}

#[tokio::test]
async fn a_lease_that_lists_no_limit_locks_nothing() {
    let server = Server::start();
    let locks = Locks::default();
    let warnings = Arc::default();
    server.limits().deletions = 1;
    let wanted = server.wanted("shop", "one", Some(0), &warnings);
    let _lock = locks.take(&wanted).await.unwrap();
    assert_eq!(server.active_slots("shop"), 1);

    server.limits().deletions = 9;
    let wanted = server.wanted("other", "one", Some(0), &warnings);
    let error = locks.take(&wanted).await.unwrap_err();
    assert!(error.to_string().contains("deleted"), "{error}");
    locks.release().await;
}

#[tokio::test]
async fn a_limit_that_does_not_lock_is_refused() {
    let server = Server::start();
    for (key, value, problem) in [
        ("active", json!(false), "not active"),
        ("limit", json!(0), "no slot"),
        ("slot_decay_per_second", json!(0.5), "rate limit"),
    ] {
        let mut limit = limit("shop", &json!(1));
        limit[key] = value;
        server.limits().limits.insert("shop".to_owned(), limit);
        let warnings = Arc::default();
        let wanted = server.wanted("shop", "one", None, &warnings);
        let error = Locks::default().take(&wanted).await.unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
    assert!(server.limits().leases.is_empty());
}

#[tokio::test]
async fn a_slot_whose_lease_the_server_has_forgotten_is_given_back() {
    let server = Server::start();
    let locks = Locks::default();
    let warnings = Arc::default();
    let wanted = server.wanted("shop", "one", None, &warnings);
    drop(locks.take(&wanted).await.unwrap());
    server.limits().leases.clear();
    locks.release().await;
    assert_eq!(server.active_slots("shop"), 0);
}

#[tokio::test]
async fn a_lock_that_is_dropped_is_released_in_the_background() {
    let server = Server::start();
    let warnings = Arc::default();
    let locks = Locks::default();
    let wanted = server.wanted("shop", "one", None, &warnings);
    drop(locks.take(&wanted).await.unwrap());
    drop(locks);
    while server.active_slots("shop") == 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let server = Server::start();
    let warnings = Arc::default();
    server.limits().failures = 2;
    let wanted = server.wanted("shop", "one", None, &warnings);
    let locks = Locks::default();
    drop(locks.take(&wanted).await.unwrap());
    server.limits().failures = 2;
    locks.release().await;
    assert_eq!(server.active_slots("shop"), 0);
    assert!(warnings.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_at_once_unless_the_run_may_wait_for_it() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api", port.local_addr().unwrap());
    drop(port);
    let client = Client::new(&Settings::with_api_url(&url)).unwrap();
    let warnings = Arc::<Mutex<Vec<String>>>::default();
    let shown = Arc::clone(&warnings);
    let mut wanted = Wanted {
        client: &client,
        name: "shop",
        holder: Holder {
            description: "one".to_owned(),
            flow_run_id: None,
        },
        timeout: Some(Duration::from_secs(1)),
        outage: Duration::ZERO,
        warn: Arc::new(move |text| shown.lock().unwrap().push(text.to_owned())),
    };
    let error = Locks::default().take(&wanted).await.unwrap_err();
    assert!(error.is_about_prefect(), "{error}");
    assert!(warnings.lock().unwrap().is_empty());
    wanted.outage = Duration::from_secs(60);
    wanted.timeout = Some(Duration::from_millis(600));
    let error = Locks::default().take(&wanted).await.unwrap_err();
    assert!(error.is_about_prefect(), "{error}");
}
