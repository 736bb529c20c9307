//! A Prefect API that has one answer to each request, and places where there is none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// A server on a port of its own. It ends with the process of the test.
pub(super) struct StubApi {
    /// Its URL, as in `PREFECT_API_URL`.
    pub(super) url: String,
}

impl StubApi {
    /// A server that answers requests such as `GET /api/health` with a status and a body.
    pub(super) fn start(answer: fn(&str) -> (u16, String)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/api", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away, or that speaks TLS, is the client's affair.
                let _ = serve(stream, answer);
            }
        });
        Self { url }
    }
}

fn serve(stream: TcpStream, answer: fn(&str) -> (u16, String)) -> std::io::Result<()> {
    let mut reader = BufReader::new(&stream);
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
        // What is not HTTP gets an answer at once, as from any server.
        if lines.len() == 1 && !lines[0].ends_with("HTTP/1.1") {
            break;
        }
    }
    let length = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse().ok())?
    });
    reader.read_exact(&mut vec![0; length.unwrap_or(0)])?;
    let request = lines.first().map_or("", String::as_str);
    let (request, _) = request.rsplit_once(' ').unwrap_or((request, ""));
    let (status, body) = answer(request.split('?').next().unwrap_or_default());
    write!(
        &stream,
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The URL of a port that nobody listens at.
pub(super) fn refused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}/api", listener.local_addr().expect("an address"))
}

/// A flow run that waits to be run.
pub(super) fn flow_run(id: &str, parameters: &str) -> String {
    format!(
        r#"{{"id":"{id}","name":"calm-hare","flow_id":"{id}","run_count":0,"tags":[],"parameters":{parameters},
        "state":{{"type":"PENDING","name":"Pending"}}}}"#
    )
}

/// A work pool of type `process`.
pub(super) fn work_pool(name: &str) -> String {
    format!(
        r#"{{"id":"00000000-0000-0000-0000-000000000002","name":"{name}","type":"process","base_job_template":{{}},"is_paused":false,"status":"READY"}}"#
    )
}
