//! The ledger of an attempt: what a retry must know of it where its disk is gone. A fold over the journal.

mod fingerprint;
mod fold;
mod wire;

pub(crate) use fingerprint::Fingerprint;
pub(crate) use fold::{Ledger, LedgerHead};
pub(crate) use wire::{decode, encode};
