//! Reads a journal once before it is delivered.

use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use fs_err::File;
use jiff::Timestamp;
use uuid::Uuid;

use super::close_killed::KilledRun;
use crate::model::{Effect, FlowTarget, State};
use crate::store::{Entry, Header, JournalReader};

/// What is known of a journal before it is delivered.
#[derive(Debug)]
pub(super) struct Survey {
    /// The state that the run ended in; `None` when its process was killed.
    pub(super) end: Option<State>,
    /// Whether the journal has nothing but the end of the run: dbt was not started.
    pub(super) is_unbegun: bool,
    /// The time of the newest entry.
    pub(super) last: Timestamp,
}

impl Survey {
    /// Reads the journal with this header to its end, if it can be read.
    pub(super) fn of(journal: Option<JournalReader>, header: &Header) -> Self {
        let mut killed = KilledRun::default();
        let (mut end, mut effects) = (None, 0);
        let mut journal = journal;
        while let Some(entry) = journal.as_mut().and_then(JournalReader::try_next) {
            killed.add(&entry);
            let Entry::Effect(effect) = entry else {
                continue;
            };
            effects += 1;
            if let Effect::RunFinished(finished) = *effect {
                end = Some(finished.state);
            }
        }
        Self {
            is_unbegun: effects == 1 && end.is_some(),
            end,
            last: killed.last().unwrap_or(header.created),
        }
    }
}

/// The header of a journal; `None` for a file that does not start with one.
pub(super) fn read_header(path: &Path) -> io::Result<Option<Header>> {
    let mut line = Vec::new();
    BufReader::new(File::open(path)?).read_until(b'\n', &mut line)?;
    Ok(match serde_json::from_slice(&line) {
        Ok(Entry::Header(header)) => Some(*header),
        _ => None,
    })
}

/// The headers of journals. Other files are skipped.
pub(super) fn headers(journals: &[PathBuf]) -> Vec<Header> {
    let headers = journals.iter().filter_map(|path| read_header(path).ok()?);
    headers.collect()
}

/// What the flow run of a journal can be told by, as far as that is known without the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belonging {
    FlowRun(Uuid),
    Key(Uuid),
}

impl Belonging {
    fn of(header: &Header) -> Self {
        match header.flow {
            FlowTarget::Existing { flow_run_id, .. } => Self::FlowRun(flow_run_id),
            FlowTarget::Create { key, .. } | FlowTarget::Nowhere { key, .. } => {
                Self::Key(key.unwrap_or(header.run_id))
            }
        }
    }
}

/// The run id of the flow run's first attempt.
fn first(header: &Header) -> Uuid {
    let key = match header.flow {
        FlowTarget::Existing { .. } => header.key,
        FlowTarget::Create { key, .. } | FlowTarget::Nowhere { key, .. } => key,
    };
    key.unwrap_or(header.run_id)
}

/// Whether one of these headers is that of a later attempt of the same flow run.
pub(super) fn is_superseded<'h>(
    header: &Header,
    others: impl IntoIterator<Item = &'h Header>,
) -> bool {
    let is_same = |other: &Header| {
        Belonging::of(other) == Belonging::of(header) || first(other) == first(header)
    };
    others
        .into_iter()
        .any(|other| other.run_id > header.run_id && is_same(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::JOURNAL_FORMAT;

    fn header(run_id: u128, key: Option<u128>, flow: FlowTarget) -> Header {
        Header {
            format: JOURNAL_FORMAT,
            run_id: Uuid::from_u128(run_id),
            attempt: 1,
            key: key.map(Uuid::from_u128),
            created: Timestamp::UNIX_EPOCH,
            args: Vec::new(),
            flow,
            api: None,
        }
    }

    #[test]
    fn an_attempt_is_superseded_by_a_later_one_of_its_flow_run() {
        let created = FlowTarget::Create {
            key: None,
            flow_name: "dbt build".to_owned(),
            flow_run_name: "calm-otter".to_owned(),
            tags: Vec::new(),
        };
        let known = FlowTarget::Existing {
            flow_run_id: Uuid::nil(),
            own_states: true,
        };
        let first = header(1, None, created.clone());
        let second = header(2, Some(1), known);
        let other = header(3, None, created);
        let all = [first.clone(), second.clone(), other.clone()];
        assert!(is_superseded(&first, &all));
        assert!(!is_superseded(&second, &all));
        assert!(!is_superseded(&other, &all));
    }
}
