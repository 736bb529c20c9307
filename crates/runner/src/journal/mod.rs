//! The journal: every effect of a run, written before anybody acts on it.
//!
//! One writer appends JSON lines and never waits for a reader; each reader follows at its own pace. So a slow or absent
//! Prefect costs dbt nothing, and what it has missed can be delivered later from the same file.

mod folder;
mod progress;
mod reader;
mod rest;
mod writer;

pub use folder::{JOURNAL_DIR, JournalFolder};
pub use reader::JournalReader;
pub use rest::RestingJournal;
pub use writer::JournalWriter;

#[cfg(test)]
mod tests;
