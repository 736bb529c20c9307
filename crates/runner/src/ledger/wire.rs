//! The ledger as text: JSON, compressed, in base64.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use super::fold::{Ledger, LedgerHead};
use crate::model::RemainingWork;

/// The format. A ledger of another format is not read.
pub(super) const FORMAT: u32 = 1;
/// Most bytes of the text: no server is known to refuse that.
const MAX_TEXT: usize = 1_000_000;
#[derive(Serialize, Deserialize)]
pub(super) struct Wire<T> {
    pub(super) format: u32,
    #[serde(flatten)]
    pub(super) content: T,
}

#[derive(Serialize)]
struct Content<'a> {
    head: &'a LedgerHead,
    work: &'a RemainingWork,
    too_large: Option<usize>,
}

/// The text of a ledger, without its nodes if it would be too large. `None` while it is not known what is to do.
pub(crate) fn encode(ledger: &Ledger) -> Option<String> {
    let text = |work, too_large| {
        let content = Content {
            head: &ledger.head,
            work,
            too_large,
        };
        compressed(&Wire {
            format: FORMAT,
            content,
        })
    };
    let whole = text(ledger.work.as_ref()?, None)?;
    if whole.len() <= MAX_TEXT {
        return Some(whole);
    }
    text(&RemainingWork::default(), Some(whole.len()))
}

fn compressed(value: &impl Serialize) -> Option<String> {
    let json = serde_json::to_vec(value).ok()?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&json).ok()?;
    Some(STANDARD.encode(encoder.finish().ok()?))
}

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests;
