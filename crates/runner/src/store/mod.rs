//! `.prefect-dbt` on disk: the journals of runs and the records of attempts.
//!
//! A journal holds every effect of a run. One writer appends JSON lines, and waits neither for a reader nor for the disk, to which a
//! thread of its own writes them; each reader follows at its own pace, and finds in memory what is not in the file yet. A slow disk,
//! or a slow or unreachable Prefect API, therefore costs dbt nothing, and what the server missed can be delivered later from the
//! same file.

mod attempt_record;
mod feed;
mod folder;
mod journal_entry;
mod journal_hold;
mod keep;
mod progress;
mod read_header;
mod reader;
mod stored_header;
mod stored_journal;
mod unwritten;
mod writer;

pub(crate) use attempt_record::{AttemptRecord, AttemptRecords, SavedAttempt, write_private};
pub(crate) use feed::Feed;
pub(crate) use folder::{INCOMPLETE, JOURNAL_DIR, JournalFolder};
pub(crate) use journal_entry::JOURNAL_FORMAT;
pub use journal_entry::{Entry, Header};
pub(crate) use journal_hold::JournalHold;
pub(crate) use keep::{KeptJournal, keep};
pub(crate) use read_header::read_header;
pub(crate) use reader::JournalEnd;
pub use reader::JournalReader;
pub(crate) use stored_journal::StoredJournal;
pub(crate) use writer::JournalWriter;

#[cfg(test)]
mod tests;
