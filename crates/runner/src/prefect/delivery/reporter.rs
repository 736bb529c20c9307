//! The reporter, from the outside.

use std::time::Duration;

use prefect_client::{Client, Error, FlowRun, RetryPolicy};
use uuid::Uuid;

use super::already_stored::AlreadyStored;
use super::journal_delivery::JournalDelivery;
use super::outage::{Outages, SendError};
use crate::model::{Delivery, FinalState, FlowTarget, Notice, error_chain};
use crate::prefect::flow_run::{
    Connection, FinalStateSetter, Mode, NewRun, PastRun, ReportError, attach, create, reconnect,
    rejoin, settle,
};
use crate::store::Feed;

/// How a run is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) struct ReportOptions {
    /// How long, after the run has ended, the server is asked whether it has everything, and an outage is waited out.
    pub verify_timeout: Duration,
    /// Most log lines and events in a minute; what that leaves no time for stays in the journal.
    pub rate: Option<u32>,
    /// Most log lines and events of the run; only the ends of nodes may exceed it. What is left out for it is gone, and
    /// told.
    pub budget: Option<u32>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            verify_timeout: Duration::from_secs(3),
            rate: None,
            budget: None,
        }
    }
}

/// Reports one run to Prefect.
#[derive(Debug)]
pub(crate) struct Reporter {
    client: Client,
    run_id: Uuid,
    target: Target,
    options: ReportOptions,
    ending: FinalStateSetter,
}

#[derive(Debug)]
enum Target {
    Connected(Connection),
    Create(NewRun),
    Reconnect(Uuid),
    Past(Connection, AlreadyStored),
    TasksAlone,
}

impl Reporter {
    /// Finds out whether a flow run is ours to run: it is while it waits.
    ///
    /// # Errors
    /// When the API is away or refuses.
    pub(crate) async fn probe(client: &Client, flow_run_id: Uuid) -> Result<Mode, ReportError> {
        let run = Self::read(client, flow_run_id).await?;
        Ok(settle(flow_run_id, run.state.map(|state| state.kind)))
    }

    /// Reads a flow run.
    ///
    /// # Errors
    /// When the API is away or refuses.
    pub(crate) async fn read(client: &Client, flow_run_id: Uuid) -> Result<FlowRun, ReportError> {
        let run = client.clone().with_retry(quick(client));
        let run = run.read_flow_run(flow_run_id).await;
        run.map_err(|source| ReportError::Unreachable {
            flow_run_id,
            api: client.api_url().to_string(),
            source: Box::new(source),
        })
    }

    /// A reporter for a flow run that exists, which is set Running if its states are ours.
    ///
    /// # Errors
    /// When the API is away or refuses, or does not let the run start.
    pub(crate) async fn attach(
        client: &Client,
        run_id: Uuid,
        flow_run_id: Uuid,
        own_states: bool,
        options: ReportOptions,
    ) -> Result<Self, ReportError> {
        let client = client.clone().with_retry(quick(client));
        let connection = attach(&client, run_id, flow_run_id, own_states).await?;
        Ok(Self {
            client,
            run_id,
            target: Target::Connected(connection),
            options,
            ending: FinalStateSetter::default(),
        })
    }

    /// A reporter for the next attempt of a flow run whose engine we are, which the API need not let us begin at once: it
    /// is set Running as soon as that can be done.
    #[must_use]
    pub(crate) fn rejoin(
        client: &Client,
        run_id: Uuid,
        flow_run_id: Uuid,
        options: ReportOptions,
    ) -> Self {
        Self {
            client: client.clone().with_retry(quick(client)),
            run_id,
            target: Target::Reconnect(flow_run_id),
            options,
            ending: FinalStateSetter::default(),
        }
    }

    /// A reporter that creates a flow run as soon as it runs and the API lets it.
    #[must_use]
    pub(crate) fn create(
        client: &Client,
        run_id: Uuid,
        run: NewRun,
        options: ReportOptions,
    ) -> Self {
        Self {
            client: client.clone().with_retry(quick(client)),
            run_id,
            target: Target::Create(run),
            options,
            ending: FinalStateSetter::default(),
        }
    }

    /// A reporter of task runs without a flow run.
    #[must_use]
    pub(crate) fn of_tasks_alone(client: &Client, run_id: Uuid, options: ReportOptions) -> Self {
        Self {
            client: client.clone().with_retry(quick(client)),
            run_id,
            target: Target::TasksAlone,
            options,
            ending: FinalStateSetter::default(),
        }
    }

    /// A reporter that delivers what the server lacks of a run that is over. It waits an outage out for no longer than
    /// `verify_timeout`.
    ///
    /// # Errors
    /// When the API is away or refuses; 404 when the flow run was deleted.
    pub(crate) async fn catch_up(
        client: &Client,
        past: &PastRun,
        options: ReportOptions,
    ) -> Result<Self, Error> {
        // Nobody waits for dbt here: a busy server gets the time that Prefect's own client would give it.
        let connection = reconnect(client, past).await?;
        let stored = match connection.context.flow_run_id() {
            Some(id) => AlreadyStored::read(client, id).await?,
            None => AlreadyStored::default(),
        };
        Ok(Self {
            client: client.clone().with_retry(quick(client)),
            run_id: past.run_id,
            target: Target::Past(connection, stored),
            options,
            ending: FinalStateSetter::default(),
        })
    }

    /// How it reaches the server.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The end of the flow run, if that is ours to set.
    pub(crate) fn ending(&self) -> Option<FinalStateSetter> {
        let is_ours = match &self.target {
            Target::Connected(connection) | Target::Past(connection, _) => connection.own_states,
            Target::Create(_) | Target::Reconnect(_) => true,
            Target::TasksAlone => false,
        };
        is_ours.then(|| self.ending.clone())
    }

    /// What the journal's header says of the target; `None` for task runs without a flow run.
    #[must_use]
    pub(crate) fn flow_target(&self) -> Option<FlowTarget> {
        Some(match &self.target {
            Target::Connected(connection) | Target::Past(connection, _) => FlowTarget::Existing {
                flow_run_id: connection.context.flow_run_id()?,
                own_states: connection.own_states,
            },
            Target::Reconnect(flow_run_id) => FlowTarget::Existing {
                flow_run_id: *flow_run_id,
                own_states: true,
            },
            Target::Create(run) => FlowTarget::Create {
                key: run.key,
                flow_name: run.flow_name.clone(),
                flow_run_name: run.flow_run_name.clone(),
                tags: run.tags.clone(),
            },
            Target::TasksAlone => return None,
        })
    }

    /// Follows the journal to the end of the run and sends it. Never fails: the [`Delivery`] says what could not be
    /// delivered, and the journal keeps it.
    pub(crate) async fn run<F: Feed>(
        self,
        journal: F,
        mut on_notice: impl FnMut(Notice) + Send,
    ) -> Delivery {
        let grace = self.options.verify_timeout;
        let mut outages = Outages::new(self.client.clone(), grace, &mut on_notice);
        let known = match &self.target {
            Target::Reconnect(id) => Some(*id),
            _ => None,
        };
        let (client, run_id) = (&self.client, self.run_id);
        let mut already_stored = None;
        let connection = match self.target {
            Target::Connected(connection) => {
                outages.note_success();
                Ok(connection)
            }
            Target::Past(connection, stored) => {
                outages.note_success();
                outages.limit(grace);
                already_stored = Some(stored);
                Ok(connection)
            }
            Target::TasksAlone => Ok(Connection::of_tasks_alone()),
            Target::Create(run) => {
                let create = || create(client, run_id, &run);
                outages.wait_out(&journal, create).await
            }
            Target::Reconnect(id) => {
                let rejoin = || rejoin(client, run_id, id);
                outages.wait_out(&journal, rejoin).await
            }
        };
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) => return not_delivered(&mut outages, known, &error),
        };
        if let Some(notice) = connection.notice(client) {
            outages.notify(notice);
        }
        JournalDelivery::new(
            client,
            connection,
            outages,
            &self.options,
            self.ending,
            already_stored,
        )
        .run(journal)
        .await
    }
}

/// The result when there is no flow run to report to.
fn not_delivered(
    outages: &mut Outages<'_>,
    flow_run_id: Option<Uuid>,
    error: &SendError,
) -> Delivery {
    let problem = error_chain(error);
    // An outage has been reported already.
    if matches!(error, SendError::Refused(_)) {
        outages.notify(Notice::ApiUnreachable {
            problem: problem.clone(),
        });
    }
    Delivery {
        flow_run_id,
        flow_run_name: None,
        url: None,
        verified: false,
        task_runs: 0,
        unconfirmed: 0,
        final_state: FinalState::NotSent,
        problem: Some(problem),
    }
}

/// The pace of the reporter's own requests: a busy SQLite answers 503 for a moment, and a run's end does not wait for
/// the two seconds that Prefect's client would. Outages are waited out by [`Outages`].
fn quick(client: &Client) -> RetryPolicy {
    client
        .settings()
        .retry
        .clone()
        .with_pace(3, Duration::from_millis(100))
}
