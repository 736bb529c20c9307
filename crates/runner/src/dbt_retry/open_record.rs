//! The record of an attempt that runs.

use std::thread::{Builder, JoinHandle};

use super::results::Results;
use crate::store::{AttemptRecord, AttemptRecords};

/// The record of an attempt that runs. Dropping it waits for its last write, which must not replace what is saved afterwards.
pub(crate) struct OpenRecord {
    records: AttemptRecords,
    record: AttemptRecord,
    write: Option<JoinHandle<()>>,
}

impl OpenRecord {
    /// Saves the record.
    pub(super) fn save(records: AttemptRecords, record: AttemptRecord) -> Self {
        save(&records, record.clone());
        Self {
            records,
            record,
            write: None,
        }
    }

    /// Saves the id of dbt's invocation, once: it distinguishes the results of this attempt from those of a later run. The caller
    /// reads dbt's output, and does not wait for the disk.
    pub(crate) fn identify(&mut self, invocation_id: &str) {
        if self.record.invocation_id.is_some() {
            return;
        }
        self.record.invocation_id = Some(invocation_id.to_owned());
        let (records, record) = (self.records.clone(), self.record.clone());
        let write = Builder::new()
            .name("attempt-record".to_owned())
            .spawn(move || save(&records, record));
        match write {
            Ok(write) => self.write = Some(write),
            Err(error) => tracing::debug!(%error, "cannot start the thread that saves the record"),
        }
    }
}

impl Drop for OpenRecord {
    fn drop(&mut self) {
        if let Some(write) = self.write.take() {
            // A panic of it was printed.
            let _ = write.join();
        }
    }
}

fn save(records: &AttemptRecords, record: AttemptRecord) {
    if let Err(error) = records.save(record, None::<&Results>) {
        tracing::debug!(%error, "cannot save the record of the run");
    }
}
