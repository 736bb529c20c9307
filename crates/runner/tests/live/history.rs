//! Every state that a flow run was in; the client reads only the last one.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use prefect_client::StateType;
use serde_json::Value;
use uuid::Uuid;

/// Types and names of every state that a flow run was in, in order.
pub(super) fn history(api: &str, flow_run_id: Uuid) -> Vec<(StateType, String)> {
    let states = get(api, &format!("/flow_run_states/?flow_run_id={flow_run_id}"));
    let mut states: Vec<(&str, StateType, &str)> = states
        .as_array()
        .unwrap()
        .iter()
        .map(|state| {
            let kind = serde_json::from_value(state["type"].clone()).unwrap();
            let text = |key: &str| state[key].as_str().unwrap();
            (text("timestamp"), kind, text("name"))
        })
        .collect();
    states.sort_unstable();
    let state = |(_, kind, name): (&str, StateType, &str)| (kind, name.to_owned());
    states.into_iter().map(state).collect()
}

fn get(api: &str, path: &str) -> Value {
    let address = api.trim_start_matches("http://");
    let (host, root) = address.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{root}{path} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}
