//! Watching a run to its end.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prefect_client::{Client, LogFilter, State, StateType, StoredLog};
use tokio::time::sleep;
use uuid::Uuid;

use super::error::DeployError;
use crate::model::exit;

/// How often the server is asked.
const PACE: Duration = Duration::from_secs(1);
/// Lines of several writers reach the server out of order, but hardly by more than this.
const DISORDER: SignedDuration = SignedDuration::from_secs(60);
/// Lines that the server gives at once.
const PAGE: u32 = 200;

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// It came into a state.
    State(State),
    /// It wrote a line.
    Log(StoredLog),
}

/// Watches a run until it has ended, and gives the type of the state that it ended in. States that last less than a
/// second may go unseen.
///
/// # Errors
/// When Prefect cannot be reached for longer than the client's retries last; the run may go on all the same.
pub async fn follow(
    client: &Client,
    flow_run_id: Uuid,
    mut on_progress: impl FnMut(Progress),
) -> Result<StateType, DeployError> {
    let mut lines = Lines::of(flow_run_id);
    let mut seen = None;
    loop {
        let run = client.read_flow_run(flow_run_id).await;
        let run = run.map_err(DeployError::during("follow the run"))?;
        // After the state, so that all that was written before its end has been read when we leave.
        for line in lines.news(client).await? {
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
        sleep(PACE).await;
    }
}

/// The exit code of a program that followed a run to a state of this type: 0 when it completed, 1 when it failed (or ran
/// out of time), 130 when it was cancelled, 3 when it crashed.
#[must_use]
pub fn exit_code(end: StateType) -> u8 {
    match end {
        StateType::Completed => exit::SUCCESS,
        StateType::Failed => exit::FAILURES,
        StateType::Cancelled => exit::INTERRUPTED,
        _ => exit::NO_PREFECT,
    }
}

/// The lines of a run that were read already.
struct Lines {
    filter: LogFilter,
    newest: Option<Timestamp>,
    read: HashSet<Uuid>,
}

impl Lines {
    fn of(flow_run_id: Uuid) -> Self {
        let mut filter = LogFilter::default();
        filter.flow_run_ids = vec![flow_run_id];
        filter.limit = Some(PAGE);
        Self {
            filter,
            newest: None,
            read: HashSet::new(),
        }
    }

    /// The lines that were not read yet.
    async fn news(&mut self, client: &Client) -> Result<Vec<StoredLog>, DeployError> {
        let since = |newest: Timestamp| newest.checked_sub(DISORDER).ok();
        self.filter.not_before = self.newest.and_then(since);
        self.filter.offset = 0;
        let mut news = Vec::new();
        loop {
            let page = client.filter_logs(&self.filter).await;
            let page = page.map_err(DeployError::during("read the run's log"))?;
            self.filter.offset += PAGE;
            let is_last = page.len() < PAGE as usize;
            for line in page {
                self.newest = self.newest.max(Some(line.timestamp));
                if line.id.is_none_or(|id| self.read.insert(id)) {
                    news.push(line);
                }
            }
            if is_last {
                return Ok(news);
            }
        }
    }
}
