//! Talks with a supervisor that the tests play.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::model::StateKind;

const GREETING: &[u8] = b"\0PF\x02\x01";

/// A supervisor that has just been called.
struct Played {
    stream: TcpStream,
    token: String,
}

/// A channel, and the supervisor at its other end.
fn call() -> (Channel, Played) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let channel = Channel::open(port, Secret::new("t0k3n"));
    let (stream, _) = listener.accept().expect("a call");
    let mut reader = BufReader::with_capacity(1, stream.try_clone().expect("a clone"));
    let mut token = String::new();
    reader.read_line(&mut token).expect("a token");
    let mut played = Played { stream, token };
    assert_eq!(played.hear(5), GREETING);
    (channel, played)
}

impl Played {
    fn say(&mut self, bytes: &[u8]) {
        // We may have hung up on nonsense.
        let _ = self.stream.write_all(bytes);
    }

    fn hear(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("so many bytes");
        bytes
    }

    fn hang_up(self) {
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
async fn an_intent_is_heard_and_acknowledged_once() {
    let (channel, mut supervisor) = call();
    assert_eq!(supervisor.token, "t0k3n\n");
    supervisor.say(GREETING);
    supervisor.say(b"r");
    assert_eq!(channel.intent().await, Some(Intent::Reschedule));
    assert_eq!(channel.known_intent(), Some(Intent::Reschedule));
    channel.acknowledge();
    channel.acknowledge();
    // The acknowledgement was the conclusion.
    channel.report(&failed()).await;
    drop(channel);
    let mut rest = Vec::new();
    supervisor.stream.read_to_end(&mut rest).expect("the end");
    assert_eq!(rest, b"a");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_receipt_is_given_in_place_of_an_acknowledgement() {
    let (channel, mut supervisor) = call();
    supervisor.say(GREETING);
    supervisor.say(b"c");
    assert_eq!(channel.intent().await, Some(Intent::Cancel));
    let taking = std::thread::spawn(move || {
        let head = supervisor.hear(5);
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let body = supervisor.hear(length as usize);
        supervisor.say(b"\x02");
        (head[0], String::from_utf8_lossy(&body).into_owned())
    });
    channel.report(&failed()).await;
    channel.acknowledge();
    let (kind, body) = taking.join().expect("a receipt");
    assert_eq!(kind, 1);
    assert!(body.contains("STATE_REPORTED"), "{body}");
}

#[tokio::test]
async fn a_supervisor_that_takes_no_receipts_gets_none() {
    let (channel, mut supervisor) = call();
    supervisor.say(b"\0PF\x01\x00");
    channel.report(&failed()).await;
    channel.acknowledge();
    drop(channel);
    let mut rest = Vec::new();
    supervisor.stream.read_to_end(&mut rest).expect("the end");
    assert_eq!(rest, b"a");
}

#[tokio::test]
async fn a_supervisor_that_is_away_breaks_nothing() {
    let (channel, supervisor) = call();
    supervisor.hang_up();
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
    fn a_supervisor_may_say_anything(bytes: Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (channel, mut supervisor) = call();
        supervisor.say(&bytes);
        supervisor.hang_up();
        runtime.block_on(async {
            channel.intent().await;
            channel.report(&failed()).await;
        });
    }
}
