//! A network that fails on request: a proxy before the server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is answered.
    Pass,
    /// The connection is cut before the server sees it.
    Cut,
    /// The server sees it, and its answer is lost.
    LoseAnswer,
    /// It is answered with this status, and the server does not see it.
    Answer(u16),
    /// The server does not see it, and it is answered as if it had.
    Swallow,
}

/// Decides on a request by its method and path.
type Judge = Box<dyn FnMut(&str) -> Fate + Send>;

/// A proxy whose fates a test decides. It ends with the test's process.
pub(super) struct Proxy {
    pub(super) url: String,
    judge: Arc<Mutex<Judge>>,
}

impl Proxy {
    /// A proxy before the API at `upstream` (`http://host:port/api`).
    pub(super) fn before(upstream: &str, judge: impl FnMut(&str) -> Fate + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let host = upstream
            .trim_start_matches("http://")
            .split('/')
            .next()
            .expect("a host");
        // Credentials are the client's to send.
        let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
        let at = if user.is_empty() { "" } else { "@" };
        let url = format!("http://{user}{at}{address}/api");
        let host = host.to_owned();
        let judge: Arc<Mutex<Judge>> = Arc::new(Mutex::new(Box::new(judge)));
        let judges = Arc::clone(&judge);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (judge, host) = (Arc::clone(&judges), host.clone());
                thread::spawn(move || serve(stream, &host, &judge));
            }
        });
        Self { url, judge }
    }

    /// From now on.
    pub(super) fn set(&self, judge: impl FnMut(&str) -> Fate + Send + 'static) {
        *self.judge.lock().expect("no panic") = Box::new(judge);
    }
}

/// One request; the connection is closed after it. A client that goes away is no failure.
fn serve(client: TcpStream, host: &str, judge: &Mutex<Judge>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    let mut length = 0;
    while !head.ends_with("\r\n\r\n") {
        let begin = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        let line = head[begin..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request: String = head.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let fate = judge.lock().expect("no panic")(&request);
    match fate {
        Fate::Pass => answer(&client, &forward(host, &head, &body)?),
        Fate::LoseAnswer => {
            forward(host, &head, &body)?;
            client.shutdown(Shutdown::Both).ok()
        }
        Fate::Cut => client.shutdown(Shutdown::Both).ok(),
        Fate::Swallow => answer(
            &client,
            b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
        ),
        Fate::Answer(status) => {
            let body = r#"{"detail":"the test"}"#;
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} No\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            answer(&client, text.as_bytes())
        }
    }
}

fn answer(mut client: &TcpStream, bytes: &[u8]) -> Option<()> {
    client.write_all(bytes).ok()?;
    client.shutdown(Shutdown::Both).ok()
}

fn forward(host: &str, head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(host).ok()?;
    let (first, rest) = head.split_once("\r\n")?;
    write!(server, "{first}\r\nconnection: close\r\n{rest}").ok()?;
    server.write_all(body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    Some(answer)
}
