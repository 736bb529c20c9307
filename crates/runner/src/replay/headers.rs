//! The headers of journals, and which of them belong to one flow run.

use std::path::PathBuf;

use crate::store::{Header, read_header};

/// The headers of journals. Other files are skipped.
pub(super) fn headers(journals: &[PathBuf]) -> Vec<Header> {
    let headers = journals.iter().filter_map(|path| read_header(path).ok()?);
    headers.collect()
}

/// Whether one of these headers is that of a later attempt of the same flow run.
pub(super) fn is_superseded<'h>(
    header: &Header,
    others: impl IntoIterator<Item = &'h Header>,
) -> bool {
    let flow_run_id = |header: &Header| header.flow.existing().map(|run| run.id);
    let is_same = |other: &Header| {
        let has_same_id =
            flow_run_id(header).is_some() && flow_run_id(header) == flow_run_id(other);
        has_same_id || other.first_attempt() == header.first_attempt()
    };
    others
        .into_iter()
        .filter(|other| !other.is_part)
        .any(|other| other.run_id > header.run_id && is_same(other))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{FlowRunRef, NewFlowRun};
    use crate::store::JOURNAL_FORMAT;
    use jiff::Timestamp;

    fn header(run_id: u128, key: Option<u128>, flow: FlowRunRef) -> Header {
        Header {
            format: JOURNAL_FORMAT,
            run_id: Uuid::from_u128(run_id),
            attempt: 1,
            key: key.map(Uuid::from_u128),
            created: Timestamp::UNIX_EPOCH,
            args: Vec::new(),
            flow,
            api: None,
            start: None,
            is_part: false,
        }
    }

    #[test]
    fn an_attempt_is_superseded_by_a_later_one_of_its_flow_run() {
        let created = FlowRunRef::ToCreate(NewFlowRun {
            flow_name: Some("dbt build".to_owned()),
            flow_run_name: "calm-otter".to_owned(),
            tags: Vec::new(),
        });
        let known = FlowRunRef::owned(Uuid::nil());
        let first = header(1, None, created.clone());
        let second = header(2, Some(1), known);
        let other = header(3, None, created);
        let all = [first.clone(), second.clone(), other.clone()];
        assert!(is_superseded(&first, &all));
        assert!(!is_superseded(&second, &all));
        assert!(!is_superseded(&other, &all));
        let part = Header {
            is_part: true,
            ..second
        };
        assert!(!is_superseded(&first, &[first.clone(), part]));
    }
}
