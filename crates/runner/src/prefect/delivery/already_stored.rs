//! What the server has stored of a flow run before the delivery starts.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use prefect_client::{Client, Error, EventFilter, Log, LogFilter, StateType, TaskRunFilter};
use uuid::Uuid;

/// Most task runs or logs in one page of an answer.
const PAGE: u32 = 200;

/// What the server has stored of a flow run, and is not sent again.
#[derive(Debug, Default)]
pub(super) struct AlreadyStored {
    /// Task runs in a terminal state.
    task_runs: HashSet<Uuid>,
    /// Events of assets.
    assets: HashSet<Uuid>,
    /// Hashes of logs, which have no id. No two logs of a run have the same time and text.
    logs: HashSet<u64>,
}

impl AlreadyStored {
    /// Reads all of it.
    pub(super) async fn read(client: &Client, flow_run_id: Uuid) -> Result<Self, Error> {
        Ok(Self {
            task_runs: task_runs(client, flow_run_id).await?,
            assets: assets(client, flow_run_id).await?,
            logs: logs(client, flow_run_id).await?,
        })
    }

    /// Whether the server has the task run in a terminal state.
    pub(super) fn task_run(&self, id: Uuid) -> bool {
        self.task_runs.contains(&id)
    }

    /// Whether the server has this event of an asset.
    pub(super) fn asset(&self, id: Uuid) -> bool {
        self.assets.contains(&id)
    }

    /// Whether the server has this log.
    pub(super) fn log(&self, log: &Log) -> bool {
        !self.logs.is_empty()
            && self
                .logs
                .contains(&hash(log.timestamp, &log.message, log.task_run_id))
    }
}

fn hash(at: Timestamp, message: &str, task_run: Option<Uuid>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (at.as_microsecond(), message, task_run).hash(&mut hasher);
    hasher.finish()
}

async fn task_runs(client: &Client, flow_run_id: Uuid) -> Result<HashSet<Uuid>, Error> {
    let mut filter = TaskRunFilter::default();
    filter.flow_run_ids.push(flow_run_id);
    filter.state_types = StateType::TERMINAL.to_vec();
    filter.limit = Some(PAGE);
    let mut found = HashSet::new();
    loop {
        let page = client.filter_task_runs(&filter).await?;
        let is_last = page.len() < PAGE as usize;
        found.extend(page.into_iter().map(|run| run.id));
        if is_last {
            return Ok(found);
        }
        filter.offset += PAGE;
    }
}

async fn assets(client: &Client, flow_run_id: Uuid) -> Result<HashSet<Uuid>, Error> {
    let mut filter = EventFilter::default();
    filter.prefixes.push("prefect.asset.".to_owned());
    let flow_run = format!("prefect.flow-run.{flow_run_id}");
    filter.related_ids.push(flow_run);
    let found = client.filter_events(&filter).await?;
    Ok(found.into_iter().map(|event| event.id).collect())
}

async fn logs(client: &Client, flow_run_id: Uuid) -> Result<HashSet<u64>, Error> {
    let mut filter = LogFilter::default();
    filter.flow_run_ids.push(flow_run_id);
    filter.limit = Some(PAGE);
    let mut found = HashSet::new();
    loop {
        let page = client.filter_logs(&filter).await?;
        let is_last = page.len() < PAGE as usize;
        let hashes = page
            .iter()
            .map(|log| hash(log.timestamp, &log.message, log.task_run_id));
        found.extend(hashes);
        if is_last {
            return Ok(found);
        }
        filter.offset += PAGE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_log_is_identified_by_time_text_and_task_run(
            second in 0_i64..1_000,
            text in ".{0,20}",
            task in proptest::option::of(0_u128..3),
        ) {
            let log = |second: i64, text: &str, task: Option<u128>| {
                let at = Timestamp::from_second(second).unwrap();
                let flow_run = Some(Uuid::from_u128(9));
                Log::new("x", 20, text, at).of_run(flow_run, task.map(Uuid::from_u128))
            };
            let at = Timestamp::from_second(second).unwrap();
            let stored = AlreadyStored {
                logs: HashSet::from([hash(at, &text, task.map(Uuid::from_u128))]),
                ..AlreadyStored::default()
            };
            proptest::prop_assert!(stored.log(&log(second, &text, task)));
            proptest::prop_assert!(!stored.log(&log(second + 1, &text, task)));
            let longer = text.clone() + "!";
            proptest::prop_assert!(!stored.log(&log(second, &longer, task)));
            proptest::prop_assert!(!stored.log(&log(second, &text, Some(7))));
            proptest::prop_assert!(!AlreadyStored::default().log(&log(second, &text, task)));
        }
    }
}
