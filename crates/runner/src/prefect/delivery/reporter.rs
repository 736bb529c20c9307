//! The reporter, from the outside.

use std::time::Duration;

use prefect_client::{Client, Error, FlowRun, RetryPolicy};
use uuid::Uuid;

use super::already_stored::Held;
use super::courier::Courier;
use super::outage::{Patience, Unsent};
use crate::model::{Delivery, FinalState, FlowTarget, Notice};
use crate::prefect::flow_run::{
    Connection, Ending, Mode, NewRun, PastRun, ReportError, attach, create, reconnect, rejoin,
    settle,
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
    ending: Ending,
}

#[derive(Debug)]
enum Target {
    Connected(Connection),
    Create(NewRun),
    Rejoin(Uuid),
    Past(Connection, Held),
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
            ending: Ending::default(),
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
            target: Target::Rejoin(flow_run_id),
            options,
            ending: Ending::default(),
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
            ending: Ending::default(),
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
            ending: Ending::default(),
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
        let held = match connection.context.flow_run_id() {
            Some(id) => Held::read(client, id).await?,
            None => Held::default(),
        };
        Ok(Self {
            client: client.clone().with_retry(quick(client)),
            run_id: past.run_id,
            target: Target::Past(connection, held),
            options,
            ending: Ending::default(),
        })
    }

    /// How it reaches the server.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The end of the flow run, if that is ours to set.
    pub(crate) fn ending(&self) -> Option<Ending> {
        let is_ours = match &self.target {
            Target::Connected(connection) | Target::Past(connection, _) => connection.own_states,
            Target::Create(_) | Target::Rejoin(_) => true,
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
            Target::Rejoin(flow_run_id) => FlowTarget::Existing {
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

    /// Follows the journal to the end of the run and makes the server show it. Never fails: what could not be
    /// delivered is told in the [`Delivery`], and stays in the journal.
    pub(crate) async fn run<F: Feed>(
        self,
        journal: F,
        mut on_notice: impl FnMut(Notice) + Send,
    ) -> Delivery {
        let mut patience = Patience::new(
            self.client.clone(),
            self.options.verify_timeout,
            &mut on_notice,
        );
        let mut held = None;
        let known = match &self.target {
            Target::Rejoin(id) => Some(*id),
            _ => None,
        };
        let connection = match self.target {
            Target::Connected(connection) => {
                patience.note_back();
                Ok(connection)
            }
            Target::Past(connection, known) => {
                patience.note_back();
                patience.limit_outages(self.options.verify_timeout);
                held = Some(known);
                Ok(connection)
            }
            Target::TasksAlone => Ok(Connection::of_tasks_alone()),
            Target::Create(run) => {
                let client = &self.client;
                patience
                    .insist(&journal, || create(client, self.run_id, &run))
                    .await
            }
            Target::Rejoin(id) => {
                let client = &self.client;
                patience
                    .insist(&journal, || rejoin(client, self.run_id, id))
                    .await
            }
        };
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) => return Self::undelivered(&mut patience, known, &error),
        };
        if let Some(notice) = connection.notice(&self.client) {
            patience.notify(notice);
        }
        let timeout = self.options.verify_timeout;
        let courier = Courier::new(&self.client, connection, patience, timeout)
            .ending(self.ending)
            .within(self.options.rate, self.options.budget);
        match held {
            Some(held) => courier.catching_up(held).follow(journal).await,
            None => courier.follow(journal).await,
        }
    }

    /// The flow run could not be had, or did not even come to be.
    fn undelivered(
        patience: &mut Patience<'_>,
        flow_run_id: Option<Uuid>,
        error: &Unsent,
    ) -> Delivery {
        // An outage was told already.
        if matches!(error, Unsent::Refused(_)) {
            patience.notify(Notice::Away {
                problem: error.to_string(),
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
            problem: Some(error.to_string()),
        }
    }
}

/// The pace of the reporter's own requests: a busy SQLite answers 503 for a moment, and a run's end does not wait for
/// the two seconds that Prefect's client would. Outages are waited out by [`Patience`].
fn quick(client: &Client) -> RetryPolicy {
    client
        .settings()
        .retry
        .clone()
        .with_pace(3, Duration::from_millis(100))
}
