//! What the server holds of a flow run before anything is told.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use prefect_client::{Client, Error, EventFilter, Log, LogFilter, StateType, TaskRunFilter};
use uuid::Uuid;

/// Most task runs or logs that one page answers.
const PAGE: u32 = 200;

/// What the server holds of a flow run: all that need not be told again.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Task runs that have ended.
    task_runs: HashSet<Uuid>,
    /// Events of assets.
    assets: HashSet<Uuid>,
    /// Hashes of logs, which have no identity: no two of a run share their time and text.
    logs: HashSet<u64>,
}

impl Held {
    /// Asks for everything.
    pub(super) async fn read(client: &Client, flow_run_id: Uuid) -> Result<Self, Error> {
        Ok(Self {
            task_runs: task_runs(client, flow_run_id).await?,
            assets: assets(client, flow_run_id).await?,
            logs: logs(client, flow_run_id).await?,
        })
    }

    /// Whether the task run has ended there.
    pub(super) fn task_run(&self, id: Uuid) -> bool {
        self.task_runs.contains(&id)
    }

    /// Whether the event of an asset is there.
    pub(super) fn asset(&self, id: Uuid) -> bool {
        self.assets.contains(&id)
    }

    /// Whether the log is there.
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
        fn a_log_is_told_by_time_text_and_task_run(
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
            let held = Held {
                logs: HashSet::from([hash(at, &text, task.map(Uuid::from_u128))]),
                ..Held::default()
            };
            proptest::prop_assert!(held.log(&log(second, &text, task)));
            proptest::prop_assert!(!held.log(&log(second + 1, &text, task)));
            let longer = text.clone() + "!";
            proptest::prop_assert!(!held.log(&log(second, &longer, task)));
            proptest::prop_assert!(!held.log(&log(second, &text, Some(7))));
            proptest::prop_assert!(!Held::default().log(&log(second, &text, task)));
        }
    }
}
