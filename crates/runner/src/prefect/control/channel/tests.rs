//! Tests with a fake supervisor.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::model::StateKind;

const GREETING: &[u8] = b"\0PF\x02\x01";

/// A fake supervisor that we have just connected to.
struct FakeSupervisor {
    stream: TcpStream,
    token: String,
}

/// A channel, and the supervisor at its other end.
fn connect() -> (Channel, FakeSupervisor) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let channel = Channel::open(port, Secret::new("t0k3n"));
    let (stream, _) = listener.accept().expect("a connection");
    let mut reader = BufReader::with_capacity(1, stream.try_clone().expect("a clone"));
    let mut token = String::new();
    reader.read_line(&mut token).expect("a token");
    let mut supervisor = FakeSupervisor { stream, token };
    assert_eq!(supervisor.receive(5), GREETING);
    (channel, supervisor)
}

impl FakeSupervisor {
    fn send(&mut self, bytes: &[u8]) {
        // The channel may have closed the connection after invalid bytes.
        let _ = self.stream.write_all(bytes);
    }

    fn receive(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("enough bytes");
        bytes
    }

    fn disconnect(self) {
        drop(self.stream);
    }
}

fn failed() -> Receipt {
    Receipt::StateReported {
        state_id: Uuid::nil(),
        state_name: "Failed".to_owned(),
        state_type: StateKind::Failed,
    }
}

#[tokio::test]
async fn an_intent_is_acknowledged_once() {
    let (channel, mut supervisor) = connect();
    assert_eq!(supervisor.token, "t0k3n\n");
    supervisor.send(GREETING);
    supervisor.send(b"r");
    assert_eq!(channel.intent().await, Some(Intent::Reschedule));
    assert_eq!(channel.known_intent(), Some(Intent::Reschedule));
    channel.acknowledge();
    channel.acknowledge();
    // Nothing is sent after the acknowledgement.
    channel.report(&failed()).await;
    drop(channel);
    let mut rest = Vec::new();
    supervisor.stream.read_to_end(&mut rest).expect("the end");
    assert_eq!(rest, b"a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_receipt_replaces_the_acknowledgement() {
    let (channel, mut supervisor) = connect();
    supervisor.send(GREETING);
    supervisor.send(b"c");
    assert_eq!(channel.intent().await, Some(Intent::Cancel));
    let taking = std::thread::spawn(move || {
        let head = supervisor.receive(5);
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let body = supervisor.receive(length as usize);
        supervisor.send(b"\x02");
        (head[0], String::from_utf8_lossy(&body).into_owned())
    });
    channel.report(&failed()).await;
    channel.acknowledge();
    let (kind, body) = taking.join().expect("a receipt");
    assert_eq!(kind, 1);
    assert!(body.contains("STATE_REPORTED"), "{body}");
}

#[tokio::test]
async fn a_supervisor_without_that_capability_gets_no_receipt() {
    let (channel, mut supervisor) = connect();
    supervisor.send(b"\0PF\x01\x00");
    channel.report(&failed()).await;
    channel.acknowledge();
    drop(channel);
    let mut rest = Vec::new();
    supervisor.stream.read_to_end(&mut rest).expect("the end");
    assert_eq!(rest, b"a");
}

#[tokio::test]
async fn a_supervisor_that_is_gone_is_not_an_error() {
    let (channel, supervisor) = connect();
    supervisor.disconnect();
    assert_eq!(channel.intent().await, None);
    channel.report(&failed()).await;
    channel.acknowledge();

    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    let channel = Channel::open(port, Secret::new("t0k3n"));
    assert_eq!(channel.intent().await, None);
    channel.report(&failed()).await;
    assert!(!format!("{channel:?}").contains("t0k3n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_supervisor_may_send_any_bytes(bytes: Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (channel, mut supervisor) = connect();
        supervisor.send(&bytes);
        supervisor.disconnect();
        runtime.block_on(async {
            channel.intent().await;
            channel.report(&failed()).await;
        });
    }
}
