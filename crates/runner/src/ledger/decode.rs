//! Reads the text of a ledger.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use serde::Deserialize;

use super::fold::{Ledger, LedgerHead};
use super::wire::{FORMAT, Wire};
use crate::model::RemainingWork;

/// Most bytes of the JSON that is read.
const MAX_JSON: u64 = 100_000_000;

/// Why there is no ledger, as the end of a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    /// It is larger than what is stored.
    #[error("the ledger of the previous attempt is too large: {0} bytes")]
    TooLarge(usize),
    /// It is damaged.
    #[error("the ledger of the previous attempt cannot be read")]
    Unreadable,
    /// It was written by another version of this program.
    #[error(
        "the ledger of the previous attempt has the format {0}, which this version does not read"
    )]
    Format(u32),
}

#[derive(Deserialize)]
struct Read {
    head: LedgerHead,
    work: RemainingWork,
    too_large: Option<usize>,
}

/// Reads the text of a ledger.
///
/// # Errors
/// When it cannot be read, or does not hold its nodes.
pub(crate) fn decode(text: &str) -> Result<Ledger, LedgerError> {
    let bytes = STANDARD.decode(text).map_err(|_| LedgerError::Unreadable)?;
    let mut json = Vec::new();
    let mut decoder = DeflateDecoder::new(&*bytes).take(MAX_JSON);
    let read = decoder.read_to_end(&mut json);
    read.map_err(|_| LedgerError::Unreadable)?;
    let unreadable = |_| LedgerError::Unreadable;
    let wire: Wire<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_slice(&json).map_err(unreadable)?;
    if wire.format != FORMAT {
        return Err(LedgerError::Format(wire.format));
    }
    let read: Read = serde_json::from_value(wire.content.into()).map_err(unreadable)?;
    match read.too_large {
        Some(bytes) => Err(LedgerError::TooLarge(bytes)),
        None => Ok(Ledger::with_work(read.head, read.work)),
    }
}
