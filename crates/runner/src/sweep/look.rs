//! What the server has of the flow runs of this program.

use std::path::PathBuf;

use jiff::Timestamp;
use prefect_client::{Client, Error, EventFilter, FlowRun, FlowRunFilter, LogFilter, StateType};
use uuid::Uuid;

use super::judge::{Candidate, Judgement, SignsOfLife, judge};
use super::options::Flows;
use crate::prefect::flow_run::{HEARTBEAT, Host, ProcessMark};
use crate::store::{JournalFolder, read_header};

const PAGE: u32 = 200;
/// The states of flow runs that a process works for.
const OPEN: [StateType; 3] = [
    StateType::Running,
    StateType::Pending,
    StateType::Cancelling,
];

/// A flow run of ours that may be dead.
#[derive(Debug)]
pub(super) struct OpenRun {
    pub(super) run: FlowRun,
    pub(super) mark: ProcessMark,
    pub(super) judgement: Judgement,
}

impl OpenRun {
    /// Judges a flow run; `None` if it is that of another program.
    pub(super) fn of(run: FlowRun, here: &Host) -> Option<Self> {
        let mark = ProcessMark::of_labels(run.labels.as_ref()?)?;
        let judgement = judge(Candidate {
            kind: run.state.as_ref()?.kind,
            run_count: run.run_count,
            attempt: mark.attempt,
            fate: mark.fate(here),
        });
        Some(Self {
            run,
            mark,
            judgement,
        })
    }

    /// Its journal, if that is on this disk: it says more than the server knows.
    pub(super) fn journal(&self) -> Option<PathBuf> {
        let folder = JournalFolder::at(self.mark.journals.as_ref()?);
        let key = self.run.idempotency_key.as_deref();
        folder.journals().ok()?.into_iter().find(|path| {
            let header = read_header(path).ok().flatten();
            header.is_some_and(|header| match header.flow.existing() {
                Some(existing) => existing.id == self.run.id,
                None => key == Some(&*header.first_attempt().to_string()),
            })
        })
    }
}

/// The flow runs of ours, of these flows, that may be dead.
pub(super) async fn open_runs(
    client: &Client,
    flows: &Flows,
    here: &Host,
) -> Result<Vec<OpenRun>, Error> {
    let mut filter = FlowRunFilter::default();
    filter.flow_ids.clone_from(&flows.ids);
    filter.flow_names.clone_from(&flows.names);
    filter.state_types = OPEN.to_vec();
    filter.limit = Some(PAGE);
    let mut found = Vec::new();
    loop {
        let page = client.filter_flow_runs(&filter).await?;
        let is_last = page.len() < PAGE as usize;
        let ours = page.into_iter().filter_map(|run| OpenRun::of(run, here));
        found.extend(ours.filter(|open| open.judgement != Judgement::Leave));
        if is_last {
            return Ok(found);
        }
        filter.offset += PAGE;
    }
}

/// The newest things that the server has of a flow run.
pub(super) async fn signs_of_life(client: &Client, run: &FlowRun) -> Result<SignsOfLife, Error> {
    let id = format!("prefect.flow-run.{}", run.id);
    let events = EventFilter::default().with_any_resource_ids([id.clone()]);
    let heartbeats = EventFilter::default()
        .with_prefixes([HEARTBEAT.to_owned()])
        .with_resource_ids([id]);
    let event = newest(client, &events).await?;
    let heartbeat = newest(client, &heartbeats).await?;
    let mut logs = LogFilter::default();
    logs.flow_run_ids.push(run.id);
    logs.newest_first = true;
    logs.limit = Some(1);
    let logs = client.filter_logs(&logs).await?;
    let state = run.state.as_ref();
    Ok(SignsOfLife {
        state: state.and_then(|state| state.id.zip(state.timestamp)),
        event,
        heartbeat,
        log: logs.first().map(|log| log.timestamp),
    })
}

/// The event that happened last, and when the server received it.
async fn newest(client: &Client, filter: &EventFilter) -> Result<Option<(Uuid, Timestamp)>, Error> {
    let event = client.read_newest_event(filter).await?;
    Ok(event.map(|event| (event.id, event.received.unwrap_or(event.occurred))))
}
