//! A sweep: a look at what is open, a second look at what is unclear, and the closing of what is dead.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use prefect_client::{Client, Error, TaskRun};
use tokio::time::sleep;
use uuid::Uuid;

use super::close::{close_flow_run, close_task_runs, left_open, open_task_runs};
use super::judge::{Judgement, SignsOfLife, is_dead};
use super::look::{OpenRun, open_runs, signs_of_life};
use super::options::SweepOptions;
use crate::prefect::flow_run::Host;

/// The time that the server has to record the last events of a process that is gone. It writes events every five seconds.
const RECORDING: Duration = Duration::from_secs(10);

/// A flow run that a sweep has closed, or whose task runs it has closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Swept {
    pub(crate) flow_run_id: Uuid,
    /// Its name; `None` for one that had ended.
    pub(crate) name: Option<String>,
    pub(crate) cause: Cause,
    /// How many open task runs it had.
    pub(crate) task_runs: usize,
    /// Its journal, if that is on this disk. Nothing is closed then: a replay of the journal closes it, and knows more.
    pub(crate) journal: Option<PathBuf>,
    /// Why the server refuses to close it.
    pub(crate) problem: Option<String>,
}

impl Swept {
    /// Whether the flow run was closed, and not only its open task runs.
    pub(crate) fn is_closed(&self) -> bool {
        self.name.is_some() && self.journal.is_none() && self.problem.is_none()
    }
}

/// Why a flow run or its task runs are dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// This process worked for it on this machine, and is gone.
    ProcessGone(u32),
    /// There is no sign of life since then.
    Silent(Timestamp),
    /// It has ended, with open task runs.
    Ended,
}

impl Cause {
    /// The cause as text, for the message of the state.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::ProcessGone(pid) => format!("the process of the run ({pid}) is gone"),
            Self::Silent(since) => {
                format!("no heartbeat, event or log line of the run since {since:.0}")
            }
            Self::Ended => "the run has ended".to_owned(),
        }
    }
}

/// A sweep.
#[derive(Debug)]
pub(crate) struct Sweep {
    client: Client,
    options: SweepOptions,
    here: Host,
    /// Those that need a second look, and what the first one has found.
    unclear: Vec<(OpenRun, SignsOfLife)>,
}

impl Sweep {
    /// A sweep of what this server has.
    pub(crate) fn new(client: &Client, options: SweepOptions) -> Self {
        Self {
            client: client.clone(),
            options,
            here: Host::here(),
            unclear: Vec::new(),
        }
    }

    /// Closes the flow runs whose process is gone, and the task runs that were left open in flow runs that have ended.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses. What was closed before stays closed.
    pub(crate) async fn first_look(&mut self) -> Result<Vec<Swept>, Error> {
        let mut swept = Vec::new();
        for open in open_runs(&self.client, &self.options.flows, &self.here).await? {
            match open.judgement {
                Judgement::Leave => {}
                Judgement::Dead => swept.extend(self.close_gone(&open).await?),
                Judgement::Unclear => {
                    let signs = signs_of_life(&self.client, &open.run).await?;
                    if signs.are_older_than(self.older_than(), self.now().await?) {
                        self.unclear.push((open, signs));
                    }
                }
            }
        }
        swept.extend(self.close_left_open().await?);
        Ok(swept)
    }

    /// The number of flow runs that need a second look.
    pub(crate) fn unclear(&self) -> usize {
        self.unclear.len()
    }

    /// The time between the looks: that between two heartbeats.
    pub(crate) fn interval(&self) -> Duration {
        self.client.settings().heartbeat_frequency
    }

    /// Waits for the second look, and closes the flow runs of which nothing new has come.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses. What was closed before stays closed.
    pub(crate) async fn second_look(&mut self) -> Result<Vec<Swept>, Error> {
        let mut swept = Vec::new();
        if self.unclear() == 0 {
            return Ok(swept);
        }
        sleep(self.interval()).await;
        for (open, signs) in std::mem::take(&mut self.unclear) {
            swept.extend(self.close_silent(&open, &signs).await?);
        }
        Ok(swept)
    }

    fn older_than(&self) -> Duration {
        self.options.older_than(self.interval())
    }

    /// The present, by the clock of the server.
    async fn now(&self) -> Result<Timestamp, Error> {
        let skew = self.client.read_clock_skew().await?.unwrap_or_default();
        let now = Timestamp::now();
        Ok(now.saturating_add(skew).unwrap_or(now))
    }

    /// Closes a flow run whose process is gone, unless it has changed since it was read.
    async fn close_gone(&self, open: &OpenRun) -> Result<Option<Swept>, Error> {
        match self.look_again(open.run.id).await? {
            Some(again) if again.judgement == Judgement::Dead => {
                self.let_server_record(&again).await?;
                let cause = Cause::ProcessGone(again.mark.pid);
                self.close(&again, cause).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Waits until the server has had the time to record what the process sent last.
    async fn let_server_record(&self, open: &OpenRun) -> Result<(), Error> {
        let signs = signs_of_life(&self.client, &open.run).await?;
        let now = self.now().await?;
        let quiet = signs.newest().map(|newest| now.duration_since(newest));
        let quiet = quiet.and_then(|quiet| Duration::try_from(quiet).ok());
        sleep(RECORDING.saturating_sub(quiet.unwrap_or_default())).await;
        Ok(())
    }

    async fn look_again(&self, id: Uuid) -> Result<Option<OpenRun>, Error> {
        match self.client.read_flow_run(id).await {
            Ok(run) => Ok(OpenRun::of(run, &self.here)),
            // It was deleted.
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Closes a flow run that has still given no sign of life.
    async fn close_silent(
        &self,
        open: &OpenRun,
        first: &SignsOfLife,
    ) -> Result<Option<Swept>, Error> {
        let Some(again) = self.look_again(open.run.id).await? else {
            return Ok(None);
        };
        let second = signs_of_life(&self.client, &again.run).await?;
        let since = second.newest().unwrap_or_default();
        match is_dead(first, &second, again.judgement) {
            true => self.close(&again, Cause::Silent(since)).await.map(Some),
            false => Ok(None),
        }
    }

    /// Closes a dead flow run and its task runs.
    async fn close(&self, open: &OpenRun, cause: Cause) -> Result<Swept, Error> {
        let mut swept = Swept {
            flow_run_id: open.run.id,
            name: Some(open.run.name.clone()),
            cause,
            task_runs: 0,
            journal: open.journal(),
            problem: None,
        };
        let is_closed = swept.journal.is_none() && !self.options.dry_run;
        if is_closed {
            let closed = close_flow_run(&self.client, open, cause.describe()).await?;
            swept.problem = closed.err();
        }
        let runs = open_task_runs(&self.client, open.run.id).await?;
        swept.task_runs = match is_closed && swept.problem.is_none() {
            true => close_task_runs(&self.client, &runs).await?,
            false => runs.len(),
        };
        Ok(swept)
    }

    /// Closes the open task runs of flow runs that ended long ago.
    async fn close_left_open(&self) -> Result<Vec<Swept>, Error> {
        let now = self.now().await?;
        let cutoff = now.checked_sub(self.older_than()).unwrap_or(now);
        let runs = left_open(&self.client, &self.options.flows, cutoff).await?;
        let mut of_flow_runs: BTreeMap<Uuid, Vec<TaskRun>> = BTreeMap::new();
        for run in runs {
            if let Some(id) = run.flow_run_id {
                of_flow_runs.entry(id).or_default().push(run);
            }
        }
        let mut swept = Vec::new();
        for (flow_run_id, runs) in of_flow_runs {
            let task_runs = match self.options.dry_run {
                true => runs.len(),
                false => close_task_runs(&self.client, &runs).await?,
            };
            swept.push(Swept {
                flow_run_id,
                name: None,
                cause: Cause::Ended,
                task_runs,
                journal: None,
                problem: None,
            });
        }
        Ok(swept)
    }
}
