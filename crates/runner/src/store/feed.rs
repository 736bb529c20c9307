//! The journal, as the reporter reads it.

use std::future::Future;

use super::journal_entry::Entry;

/// A reader of a journal that is being written.
pub(crate) trait Feed: Send + Sized {
    /// The next entry, waiting for it; `None` when the writer has closed and all is read. Dropping the future loses
    /// nothing.
    fn next(&mut self) -> impl Future<Output = Option<Entry>> + Send;

    /// Whether the writer has closed: nothing will come that is not there yet.
    fn is_closed(&self) -> bool;

    /// Another reader of the same journal, from its beginning; `None` when that can no longer be read.
    fn rewound(&self) -> Option<Self>;
}
