//! The ledger of an attempt: what a retry must know of it where its disk is gone. A fold over the journal.

#[cfg(feature = "cli")]
mod decode;
mod fingerprint;
mod fold;
mod wire;

#[cfg(feature = "cli")]
pub(crate) use decode::decode;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use fold::{Ledger, LedgerHead};
pub(crate) use wire::encode;
