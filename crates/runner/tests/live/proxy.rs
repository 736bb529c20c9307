//! A network that fails on request: a proxy before the server, whose fates a test decides.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::net::sockopt::set_socket_linger;

use super::http_request::Request;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is answered.
    Pass,
    /// It reaches the server after this time.
    Delay(Duration),
    /// The connection is cut before the server sees it.
    Cut,
    /// The same, in the way of a machine that has died: with a reset.
    Reset,
    /// The server gets this many bytes of it, then nothing more.
    CutRequest(usize),
    /// The server acts, and this many bytes of its answer arrive.
    CutAnswer(usize),
    /// It is answered so, and the server does not see it.
    Answer(Answer),
}

impl Fate {
    /// The server acts, and its answer is lost.
    pub(super) const LOSE_ANSWER: Self = Self::CutAnswer(0);
    /// As if the server had taken it: one that loses what is in its queue.
    pub(super) const SWALLOW: Self = Self::Answer(Answer::empty(204));

    /// It is refused with this status.
    pub(super) const fn refuse(status: u16) -> Self {
        Self::Answer(Answer {
            status,
            retry: Retry::Unsaid,
            body: r#"{"detail":"the test"}"#,
        })
    }
}

/// An answer that no server gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry: Retry,
    pub(super) body: &'static str,
}

impl Answer {
    pub(super) const fn empty(status: u16) -> Self {
        Self {
            status,
            retry: Retry::Unsaid,
            body: "",
        }
    }

    /// So it is on the wire.
    fn bytes(self) -> Vec<u8> {
        let retry = match self.retry {
            Retry::Unsaid => String::new(),
            Retry::Seconds(seconds) => format!("retry-after: {seconds}\r\n"),
            Retry::Date(seconds) => {
                let at = Timestamp::now() + SignedDuration::from_secs(seconds.into());
                let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT");
                format!("retry-after: {date}\r\n")
            }
        };
        let length = match (self.status, self.body.len()) {
            (204, _) => String::new(),
            (_, length) => format!("content-length: {length}\r\n"),
        };
        let (status, body) = (self.status, self.body);
        format!("HTTP/1.1 {status} Test\r\nconnection: close\r\n{retry}{length}\r\n{body}").into()
    }
}

/// When an answer asks to be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    Unsaid,
    Seconds(u16),
    /// The same, as a date.
    Date(u16),
}

/// Decides on a request by its method and path (`POST /api/events`).
pub(super) type Judge = Box<dyn FnMut(&str) -> Fate + Send>;

/// The proxy. It ends with the test's process.
pub(super) struct Proxy {
    /// The URL of the API behind it.
    pub(super) url: String,
    judge: Arc<Mutex<Judge>>,
    answered: Arc<Mutex<Option<Sender<String>>>>,
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
        let answered = Arc::<Mutex<Option<Sender<String>>>>::default();
        let (judges, answers) = (Arc::clone(&judge), Arc::clone(&answered));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (judge, host) = (Arc::clone(&judges), host.clone());
                let answers = Arc::clone(&answers);
                thread::spawn(move || {
                    let request = serve(&stream, &host, &judge)?;
                    // The test may not listen.
                    let answers = answers.lock().expect("no panic");
                    answers.as_ref()?.send(request).ok()
                });
            }
        });
        Self {
            url,
            judge,
            answered,
        }
    }

    /// The requests that are answered from now on.
    pub(super) fn answers(&self) -> Receiver<String> {
        let (answered, requests) = channel();
        *self.answered.lock().expect("no panic") = Some(answered);
        requests
    }

    /// From now on.
    pub(super) fn set(&self, judge: impl FnMut(&str) -> Fate + Send + 'static) {
        *self.judge.lock().expect("no panic") = Box::new(judge);
    }
}

/// One request, given when it is done with; the connection is closed after it. A client that goes away is no failure.
fn serve(client: &TcpStream, host: &str, judge: &Mutex<Judge>) -> Option<String> {
    let request = Request::read(&mut BufReader::new(client))?;
    let fate = judge.lock().expect("no panic")(&request.line());
    match fate {
        Fate::Pass => answer(client, &forward(&request, host)?),
        Fate::Delay(time) => {
            thread::sleep(time);
            answer(client, &forward(&request, host)?)
        }
        Fate::Cut => client.shutdown(Shutdown::Both).ok(),
        Fate::Reset => set_socket_linger(client, Some(Duration::ZERO)).ok(),
        Fate::CutRequest(bytes) => {
            let whole = closing(&request);
            let mut server = TcpStream::connect(host).ok()?;
            server
                .write_all(whole.get(..bytes).unwrap_or(&whole))
                .ok()?;
            server.shutdown(Shutdown::Both).ok()?;
            client.shutdown(Shutdown::Both).ok()
        }
        Fate::CutAnswer(bytes) => {
            let whole = forward(&request, host)?;
            answer(client, whole.get(..bytes).unwrap_or(&whole))
        }
        Fate::Answer(said) => answer(client, &said.bytes()),
    }?;
    Some(request.line())
}

fn answer(mut client: &TcpStream, bytes: &[u8]) -> Option<()> {
    client.write_all(bytes).ok()?;
    client.shutdown(Shutdown::Both).ok()
}

/// The request as the last of its connection.
fn closing(request: &Request) -> Vec<u8> {
    let head = &request.head;
    let (first, rest) = head.split_once("\r\n").unwrap_or((head, ""));
    let mut bytes = format!("{first}\r\nconnection: close\r\n{rest}").into_bytes();
    bytes.extend(&request.body);
    bytes
}

/// The server's answer to the request.
fn forward(request: &Request, host: &str) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(host).ok()?;
    server.write_all(&closing(request)).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    Some(answer)
}
