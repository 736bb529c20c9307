//! The bytes of a control channel: version 2 of what Prefect calls an attempt control session.

use std::io::{self, Read};

use super::receipt::Receipt;

/// Begins a greeting.
const GREETING: [u8; 3] = *b"\0PF";
const VERSION: u8 = 2;
/// The capability of giving and taking receipts.
const RECEIPTS: u8 = 1;
const RECEIPT: u8 = 1;
const RECEIPT_TAKEN: u8 = 2;
/// The longest receipt that a supervisor takes.
const LONGEST_RECEIPT: usize = 4096;

/// Our greeting: what we speak.
pub(super) const HELLO: [u8; 5] = [GREETING[0], GREETING[1], GREETING[2], VERSION, RECEIPTS];
/// Says that from now on the supervisor alone sets the flow run's states.
pub(super) const ACKNOWLEDGED: [u8; 1] = *b"a";

/// What a supervisor wants. It sends SIGTERM afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intent {
    /// The flow run was cancelled.
    Cancel,
    /// The flow run is to run again elsewhere.
    Reschedule,
    /// What started the supervisor starts it again.
    Relinquish,
}

/// What a supervisor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Its greeting, and whether it takes receipts.
    Hello { receipts: bool },
    /// It wants something.
    Intent(Intent),
    /// It has our receipt.
    ReceiptTaken,
}

/// Reads the supervisor's next word; `None` at the end.
///
/// # Errors
/// When the channel breaks, or what comes is no word.
pub(super) fn read_word(from: &mut impl Read) -> io::Result<Option<Word>> {
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
        b'c' => Word::Intent(Intent::Cancel),
        b'r' => Word::Intent(Intent::Reschedule),
        b'q' => Word::Intent(Intent::Relinquish),
        RECEIPT_TAKEN => Word::ReceiptTaken,
        byte if byte == GREETING[0] => {
            let mut rest = [0; 4];
            from.read_exact(&mut rest)?;
            let [one, two, version, capabilities] = rest;
            if [one, two] != GREETING[1..] {
                return Err(not_a_word());
            }
            Word::Hello {
                receipts: version >= VERSION && capabilities & RECEIPTS != 0,
            }
        }
        _ => return Err(not_a_word()),
    }))
}

fn not_a_word() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the supervisor speaks another language",
    )
}

/// A receipt as it is sent; `None` for one that no supervisor would take.
pub(super) fn receipt_frame(receipt: &Receipt) -> Option<Vec<u8>> {
    // By way of a value, the keys of which are sorted.
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

    fn words(mut bytes: &[u8]) -> Vec<Word> {
        let mut words = Vec::new();
        while let Ok(Some(word)) = read_word(&mut bytes) {
            words.push(word);
        }
        words
    }

    #[test]
    fn a_conversation() {
        let expected = [
            Word::Hello { receipts: true },
            Word::Intent(Intent::Cancel),
            Word::ReceiptTaken,
            Word::Intent(Intent::Reschedule),
            Word::Intent(Intent::Relinquish),
            Word::Hello { receipts: false },
        ];
        assert_eq!(words(b"\0PF\x02\x01c\x02rq\0PF\x01\x00xc"), expected);
    }

    #[test]
    fn receipts() {
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
        fn anything_may_come(bytes: Vec<u8>) {
            words(&bytes);
        }
    }
}
