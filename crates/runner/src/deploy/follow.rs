//! Watches a flow run until it ends.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prefect_client::{Client, LogFilter, State, StateType, StoredLog};
use tokio::time::sleep;
use uuid::Uuid;

use super::error::DeployError;
use crate::model::exit_codes;

/// Time between two requests.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Log lines of several processes reach the server out of order, but rarely by more than this.
const MAX_DISORDER: SignedDuration = SignedDuration::from_secs(60);
/// Log lines in one response.
const PAGE_SIZE: u32 = 200;

/// Something new about a flow run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// It entered a state.
    State(State),
    /// It logged a line.
    Log(StoredLog),
}

/// Watches a flow run until it ends. Returns the type of its final state. States that last less than a second may be
/// missed.
///
/// # Errors
/// When a request fails after the retries of the client. The flow run may still be running.
pub async fn follow(
    client: &Client,
    flow_run_id: Uuid,
    mut on_progress: impl FnMut(Progress),
) -> Result<StateType, DeployError> {
    let mut log = LogReader::of(flow_run_id);
    let mut seen = None;
    loop {
        let run = client.read_flow_run(flow_run_id).await;
        let run = run.map_err(DeployError::during("follow the run"))?;
        // After the state, so that everything logged before the end is read.
        for line in log.new_lines(client).await? {
            on_progress(Progress::Log(line));
        }
        if let Some(state) = run.state.filter(|state| state.id != seen) {
            seen = state.id;
            let kind = state.kind;
            on_progress(Progress::State(state));
            if kind.is_terminal() {
                return Ok(kind);
            }
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// The exit code for a run with a final state of this type: 0 completed, 1 failed (or timed out), 130 cancelled, 3
/// crashed.
#[must_use]
pub fn exit_code(end: StateType) -> u8 {
    match end {
        StateType::Completed => exit_codes::SUCCESS,
        StateType::Failed => exit_codes::FAILURES,
        StateType::Cancelled => exit_codes::INTERRUPTED,
        _ => exit_codes::NO_PREFECT,
    }
}

/// Reads the log of a run, each line once.
struct LogReader {
    filter: LogFilter,
    newest: Option<Timestamp>,
    read: HashSet<Uuid>,
}

impl LogReader {
    fn of(flow_run_id: Uuid) -> Self {
        let mut filter = LogFilter::default();
        filter.flow_run_ids = vec![flow_run_id];
        filter.limit = Some(PAGE_SIZE);
        Self {
            filter,
            newest: None,
            read: HashSet::new(),
        }
    }

    /// The lines that were not read before.
    async fn new_lines(&mut self, client: &Client) -> Result<Vec<StoredLog>, DeployError> {
        let since = |newest: Timestamp| newest.checked_sub(MAX_DISORDER).ok();
        self.filter.not_before = self.newest.and_then(since);
        self.filter.offset = 0;
        let mut new = Vec::new();
        loop {
            let page = client.filter_logs(&self.filter).await;
            let page = page.map_err(DeployError::during("read the log of the run"))?;
            self.filter.offset += PAGE_SIZE;
            let is_last = page.len() < PAGE_SIZE as usize;
            for line in page {
                self.newest = self.newest.max(Some(line.timestamp));
                if line.id.is_none_or(|id| self.read.insert(id)) {
                    new.push(line);
                }
            }
            if is_last {
                return Ok(new);
            }
        }
    }
}
