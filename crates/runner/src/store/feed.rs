//! The interface through which the reporter reads a journal.

use std::future::Future;

use super::journal_entry::Entry;

/// A reader of a journal that is being written.
pub(crate) trait Feed: Send + Sized {
    /// Waits for the next entry; `None` when the writer has closed and everything was read. Dropping the future loses no
    /// entry.
    fn next(&mut self) -> impl Future<Output = Option<Entry>> + Send;

    /// Whether the writer has closed: there will be no more entries than there are now.
    fn is_closed(&self) -> bool;

    /// Completes when the writer closes, or has closed.
    fn closed(&self) -> impl Future<Output = ()> + Send;

    /// Another reader of the same journal, from its start; `None` when it cannot be read any more.
    fn rewound(&self) -> Option<Self>;
}
