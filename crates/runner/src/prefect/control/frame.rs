//! The messages of a control channel, as bytes: version 2 of what Prefect calls an attempt control session.

use std::io::{self, Read};

use super::receipt::Receipt;

/// Starts a greeting.
const GREETING: [u8; 3] = *b"\0PF";
const VERSION: u8 = 2;
/// The capability to send and accept receipts.
const RECEIPTS: u8 = 1;
const RECEIPT: u8 = 1;
const RECEIPT_ACCEPTED: u8 = 2;
/// Longest receipt that a supervisor accepts, in bytes.
const LONGEST_RECEIPT: usize = 4096;

/// Our greeting: version and capabilities.
pub(super) const HELLO: [u8; 5] = [GREETING[0], GREETING[1], GREETING[2], VERSION, RECEIPTS];
/// Says that from now on only the supervisor sets the states of the flow run.
pub(super) const ACKNOWLEDGED: [u8; 1] = *b"a";

/// What the supervisor is about to do. It sends SIGTERM afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intent {
    /// The flow run was cancelled.
    Cancel,
    /// The flow run is rescheduled, and runs again elsewhere.
    Reschedule,
    /// The process that started the supervisor starts it again.
    Relinquish,
}

/// A message of the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// Its greeting, and whether it accepts receipts.
    Hello { receipts: bool },
    /// What it is about to do.
    Intent(Intent),
    /// It has accepted our receipt.
    ReceiptAccepted,
}

/// Reads the next message of the supervisor; `None` at the end.
///
/// # Errors
/// When the connection fails, or the bytes are not a message.
pub(super) fn read_message(from: &mut impl Read) -> io::Result<Option<Message>> {
    let mut first = [0];
    loop {
        match from.read(&mut first) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(match first[0] {
        b'c' => Message::Intent(Intent::Cancel),
        b'r' => Message::Intent(Intent::Reschedule),
        b'q' => Message::Intent(Intent::Relinquish),
        RECEIPT_ACCEPTED => Message::ReceiptAccepted,
        byte if byte == GREETING[0] => {
            let mut rest = [0; 4];
            from.read_exact(&mut rest)?;
            let [one, two, version, capabilities] = rest;
            if [one, two] != GREETING[1..] {
                return Err(not_a_message());
            }
            Message::Hello {
                receipts: version >= VERSION && capabilities & RECEIPTS != 0,
            }
        }
        _ => return Err(not_a_message()),
    }))
}

fn not_a_message() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the supervisor uses another protocol",
    )
}

/// A receipt as bytes; `None` for one that is too long.
pub(super) fn receipt_frame(receipt: &Receipt) -> Option<Vec<u8>> {
    // Through a value, because its keys are sorted.
    let body = serde_json::to_value(receipt).ok()?.to_string();
    let length = u32::try_from(body.len()).ok()?;
    let mut frame = vec![RECEIPT];
    frame.extend(length.to_be_bytes());
    frame.extend(body.bytes());
    (body.len() <= LONGEST_RECEIPT).then_some(frame)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::model::StateKind;

    fn messages(mut bytes: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Ok(Some(message)) = read_message(&mut bytes) {
            messages.push(message);
        }
        messages
    }

    #[test]
    fn a_sequence_of_messages() {
        let expected = [
            Message::Hello { receipts: true },
            Message::Intent(Intent::Cancel),
            Message::ReceiptAccepted,
            Message::Intent(Intent::Reschedule),
            Message::Intent(Intent::Relinquish),
            Message::Hello { receipts: false },
        ];
        assert_eq!(messages(b"\0PF\x02\x01c\x02rq\0PF\x01\x00xc"), expected);
    }

    #[test]
    fn receipts_are_json() {
        let text = |receipt: &Receipt| {
            let frame = receipt_frame(receipt).expect("it is short");
            (
                frame[..5].to_vec(),
                String::from_utf8_lossy(&frame[5..]).into_owned(),
            )
        };
        let aborted = (
            vec![1, 0, 0, 0, 39],
            r#"{"disposition":"ORCHESTRATION_ABORTED"}"#.to_owned(),
        );
        assert_eq!(text(&Receipt::OrchestrationAborted), aborted);
        let reported = |state_name: &str| Receipt::StateReported {
            state_id: Uuid::nil(),
            state_name: state_name.to_owned(),
            state_type: StateKind::Failed,
        };
        assert_eq!(
            text(&reported("TimedOut")).1,
            r#"{"disposition":"STATE_REPORTED","state_id":"00000000-0000-0000-0000-000000000000","state_name":"TimedOut","state_type":"FAILED"}"#
        );
        assert_eq!(receipt_frame(&reported(&"x".repeat(5000))), None);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>) {
            messages(&bytes);
        }
    }
}
