//! A way to the API that a test can shut.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The way. It ends with the test's process.
pub(super) struct Gate {
    /// The URL of the API behind it.
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_shut: bool,
    connections: Vec<TcpStream>,
}

impl Gate {
    /// A way to the API at `http://host:port/api`.
    pub(super) fn before(api: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/api", listener.local_addr().expect("an address"));
        let host = api
            .trim_start_matches("http://")
            .trim_end_matches("/api")
            .to_owned();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut state = shared.lock().expect("no panic");
                // A connection that is dropped is closed.
                if !state.is_shut
                    && let Ok(server) = TcpStream::connect(&host)
                {
                    state.connections.extend(join(&client, &server));
                }
            }
        });
        Self { url, state }
    }

    /// Cuts every connection, and refuses new ones.
    pub(super) fn shut(&self) {
        let mut state = self.state.lock().expect("no panic");
        state.is_shut = true;
        for connection in state.connections.drain(..) {
            // It may have ended.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(super) fn open(&self) {
        self.state.lock().expect("no panic").is_shut = false;
    }
}

/// Carries bytes both ways until one side ends.
fn join(client: &TcpStream, server: &TcpStream) -> [TcpStream; 2] {
    let clone = |stream: &TcpStream| stream.try_clone().expect("a second handle");
    for (mut from, mut to) in [
        (clone(client), clone(server)),
        (clone(server), clone(client)),
    ] {
        thread::spawn(move || {
            // An end that is not clean is an end.
            let _ = copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    [clone(client), clone(server)]
}
