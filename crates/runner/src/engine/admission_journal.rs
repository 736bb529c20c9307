//! The journal of a run that waits for its admission. It stays if the process is killed, and then the next run ends the flow run.

use jiff::Timestamp;
use uuid::Uuid;

use super::prepare::journal_folder;
use super::start::begin_journal;
use crate::model::{Effect, FlowRunRef, RunEnd, StopCause};
use crate::prefect::flow_run::NewRun;
use crate::request::{Attempt, Request};
use crate::store::JournalWriter;

/// A journal that says which flow run is being created, and nothing else. If it is dropped, the run is over, and there is no
/// runtime to say so: the flow run ends Cancelled.
#[derive(Debug, Default)]
pub(super) struct AdmissionJournal(Option<JournalWriter>);

impl AdmissionJournal {
    /// Begins the journal of a run that creates a flow run. Other runs, and those without a folder for journals, have none.
    pub(super) fn begin(request: &Request, new: Option<&NewRun>) -> Self {
        let folder = new.and_then(|_| journal_folder(request).ok()?);
        let journal = new.zip(folder).map(|(new, folder)| {
            let flow = FlowRunRef::ToCreate(new.names.clone());
            begin_journal(request, (Uuid::now_v7(), None), flow, Some(&folder))
        });
        Self(journal)
    }

    /// Leaves it to what ends the flow run of an attempt that cannot start.
    pub(super) fn leave_to(&mut self, attempt: &Attempt) {
        if let Some(journal) = self.0.take() {
            attempt.unstarted_journal.hold(journal.reader());
        }
    }

    /// Deletes it: something else ends the flow run.
    pub(super) fn delete(&mut self) {
        if let Some(journal) = self.0.take() {
            journal.reader().delete();
        }
    }
}

impl Drop for AdmissionJournal {
    fn drop(&mut self) {
        if let Some(journal) = &mut self.0 {
            journal.append([Effect::RunFinished(RunEnd {
                state: StopCause::Dropped.state(),
                dbt_exit: None,
                at: Timestamp::now(),
            })]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use prefect_client::RetryRules;

    use super::*;
    use crate::model::NewFlowRun;
    use crate::request::Invocation;
    use crate::store::{Entry, JournalFolder, JournalReader, StoredJournal};

    fn begin(dir: &Path) -> AdmissionJournal {
        let mut invocation = Invocation::new(["build"]);
        invocation.options.journal_dir = Some(dir.to_owned());
        let request = Request::resolved(invocation).with_key();
        let names = NewFlowRun {
            flow_name: None,
            flow_run_name: "calm-hare".to_owned(),
            tags: Vec::new(),
        };
        let key = request.attempt.key.unwrap();
        let new = NewRun::new(names, &request.args, key, RetryRules::default());
        AdmissionJournal::begin(&request, Some(&new))
    }

    #[test]
    fn it_names_the_flow_run_until_it_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let found = || JournalFolder::at(dir.path()).journals().unwrap();
        let mut journal = begin(dir.path());
        let mut reader = JournalReader::open(&found()[0]).unwrap();
        let Some(Entry::Header(header)) = reader.try_next() else {
            panic!("no header");
        };
        assert!(
            matches!(header.flow, FlowRunRef::ToCreate(new) if new.flow_run_name == "calm-hare")
        );
        assert!(header.key.is_some());
        assert_eq!(reader.try_next(), None);
        journal.delete();
        assert!(found().is_empty());
    }

    #[test]
    fn that_of_an_attempt_that_cannot_start_stays_in_use_until_it_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let attempt = Attempt::default();
        let mut journal = begin(dir.path());
        journal.leave_to(&attempt);
        drop(journal);
        let found = || JournalFolder::at(dir.path()).journals().unwrap();
        assert!(StoredJournal::lock(&found()[0]).unwrap().is_none());
        attempt.unstarted_journal.delete();
        assert!(found().is_empty());
    }

    #[test]
    fn one_that_is_dropped_ends_cancelled() {
        let dir = tempfile::tempdir().unwrap();
        drop(begin(dir.path()));
        let found = JournalFolder::at(dir.path()).journals().unwrap();
        let mut reader = JournalReader::open(&found[0]).unwrap();
        let Some(Entry::Effect(effect)) = std::iter::from_fn(|| reader.try_next()).last() else {
            panic!("no effect");
        };
        assert!(
            matches!(*effect, Effect::RunFinished(end) if end.state == StopCause::Dropped.state())
        );
    }
}
