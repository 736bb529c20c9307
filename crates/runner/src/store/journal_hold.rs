//! Keeps the journal of an attempt in use while its flow run waits for the next attempt.

use std::sync::{Arc, Mutex, PoisonError};

use super::reader::JournalReader;

/// Keeps the lock of a journal until it is released, so that no other process takes the run for one that is over. Clones
/// release the same lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct JournalHold(Arc<Mutex<Option<JournalReader>>>);

impl JournalHold {
    /// Keeps the journal of this reader in use.
    pub(crate) fn of(reader: JournalReader) -> Self {
        Self(Arc::new(Mutex::new(Some(reader))))
    }

    /// Keeps the journal of this reader in use, in place of another one.
    pub(crate) fn hold(&self, reader: JournalReader) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
    }

    /// Deletes the journal, if there is one.
    pub(crate) fn delete(&self) {
        let reader = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reader) = reader {
            reader.delete();
        }
    }

    /// Releases the lock.
    pub(crate) fn release(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl PartialEq for JournalHold {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for JournalHold {}
