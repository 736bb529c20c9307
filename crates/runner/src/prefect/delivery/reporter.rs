//! The reporter: connects to the flow run of a run and delivers its journal.

use std::time::Duration;

use prefect_client::{Client, Error, FlowRun, RetryPolicy};
use uuid::Uuid;

use super::already_stored::AlreadyStored;
use super::finish::undelivered;
use super::grace::Grace;
use super::journal_delivery::JournalDelivery;
use super::ledger_artifact::LedgerOptions;
use super::outage::{Outages, SendError};
use super::target::Target;
use crate::model::{
    Delivery, ExistingFlowRun, FinalState, FlowRunRef, Notice, Stopper, error_chain,
};
use crate::prefect::flow_run::{
    FinalStateSetter, NewRun, PastRun, ProcessMark, ReportError, attach, job_variables,
    ownership_by_state, reconnect,
};
use crate::store::Feed;

/// Limits of a report.
#[derive(Debug, Clone)]
pub(crate) struct ReportOptions {
    /// How long, after the run has ended, the server is asked whether it has everything.
    pub verify_timeout: Duration,
    /// How long an outage is waited out after the end of the run; `verify_timeout` if it is not given.
    pub delivery_timeout: Option<Duration>,
    /// The requests to stop the run: after a signal, an outage is waited out for `verify_timeout` at most.
    pub stopper: Option<Stopper>,
    /// Maximum number of log lines and events per minute. What is not sent in time stays in the journal.
    pub rate: Option<u32>,
    /// Maximum number of log lines and events of the run; only the ends of nodes may exceed it. The rest is omitted, with a notice.
    pub budget: Option<u32>,
    /// The ledger of the attempt; `None` if none is written.
    pub ledger: Option<LedgerOptions>,
    /// What the labels of an owned flow run say of this process; `None` for no labels.
    pub mark: Option<ProcessMark>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            verify_timeout: Duration::from_secs(3),
            delivery_timeout: None,
            stopper: None,
            rate: None,
            budget: None,
            ledger: None,
            mark: None,
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
    final_state: FinalStateSetter,
}

impl Reporter {
    /// Reads a flow run that we were started for, to decide whether we own it: we do while it waits to start.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses.
    pub(crate) async fn probe(
        client: &Client,
        flow_run_id: Uuid,
    ) -> Result<ExistingFlowRun, ReportError> {
        let run = Self::read(client, flow_run_id).await?;
        let ownership = ownership_by_state(run.state.map(|state| state.kind));
        Ok(ExistingFlowRun::new(flow_run_id, ownership))
    }

    /// Reads a flow run.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses.
    pub(crate) async fn read(client: &Client, flow_run_id: Uuid) -> Result<FlowRun, ReportError> {
        let run = client.clone().with_retry(short_retries(client));
        let run = run.read_flow_run(flow_run_id).await;
        run.map_err(|source| ReportError::Unreachable {
            flow_run_id,
            api: client.api_url().to_string(),
            source: Box::new(source),
        })
    }

    /// A reporter for a flow run that exists. It is set Running if we own it.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses, or does not let the flow run start.
    pub(crate) async fn attach(
        client: &Client,
        run_id: Uuid,
        flow_run: ExistingFlowRun,
        options: ReportOptions,
    ) -> Result<Self, ReportError> {
        let mut reporter = Self::new(client, run_id, Target::TaskRunsOnly, options);
        let mark = reporter.options.mark.as_ref();
        let connection = attach(&reporter.client, run_id, flow_run, mark).await?;
        reporter.target = Target::Connected(connection);
        Ok(reporter)
    }

    /// A reporter for the next attempt of a flow run that we own. It is set Running as soon as the API can be reached.
    #[must_use]
    pub(crate) fn resume(
        client: &Client,
        run_id: Uuid,
        flow_run_id: Uuid,
        options: ReportOptions,
    ) -> Self {
        Self::new(client, run_id, Target::Resume(flow_run_id), options)
    }

    /// A reporter that creates a flow run as soon as it runs and the API can be reached.
    #[must_use]
    pub(crate) fn create(
        client: &Client,
        run_id: Uuid,
        run: NewRun,
        options: ReportOptions,
    ) -> Self {
        Self::new(client, run_id, Target::Create(run), options)
    }

    /// A reporter for a flow run that another part of the flow creates and ends. It connects as soon as the API can be
    /// reached.
    #[must_use]
    pub(crate) fn join(
        client: &Client,
        run_id: Uuid,
        (new, id): (NewRun, Option<Uuid>),
        options: ReportOptions,
    ) -> Self {
        Self::new(client, run_id, Target::Shared(new, id), options)
    }

    /// A reporter of task runs without a flow run.
    #[must_use]
    pub(crate) fn without_flow_run(client: &Client, run_id: Uuid, options: ReportOptions) -> Self {
        Self::new(client, run_id, Target::TaskRunsOnly, options)
    }

    /// A reporter that delivers what the server does not have of a run that is over. It waits an outage out for at most
    /// `verify_timeout`.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses; 404 when the flow run was deleted.
    pub(crate) async fn for_past_run(
        client: &Client,
        past: &PastRun,
        options: ReportOptions,
    ) -> Result<Self, Error> {
        // No run of dbt waits for this, so the client keeps its own retries, which give a busy server more time.
        let connection = reconnect(client, past).await?;
        let stored = match connection.context.flow_run_id() {
            Some(id) => AlreadyStored::read(client, id).await?,
            None => AlreadyStored::default(),
        };
        let target = Target::Past(connection, stored);
        Ok(Self::new(client, past.run_id, target, options))
    }

    fn new(client: &Client, run_id: Uuid, target: Target, options: ReportOptions) -> Self {
        Self {
            client: client.clone().with_retry(short_retries(client)),
            run_id,
            target,
            options,
            final_state: FinalStateSetter::default(),
        }
    }

    /// Its connection to the server.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The variables by which dbt packages know what started dbt. None for a flow run that does not exist yet.
    pub(crate) fn job_variables(&self) -> Vec<(&'static str, String)> {
        let Target::Connected(connection) = &self.target else {
            return Vec::new();
        };
        let id = connection.context.flow_run_id();
        let page = id.and_then(|id| self.client.settings().flow_run_page(id));
        job_variables(&connection.context, page)
    }

    /// Whether it writes a ledger.
    pub(crate) fn has_ledger(&self) -> bool {
        self.options.ledger.is_some() && self.target.is_owned()
    }

    /// The final state of the flow run, if we set it.
    pub(crate) fn final_state(&self) -> Option<FinalStateSetter> {
        self.target.is_owned().then(|| self.final_state.clone())
    }

    /// The flow run; `None` for task runs without one.
    #[must_use]
    pub(crate) fn flow_run(&self) -> Option<FlowRunRef> {
        self.target.flow_run()
    }

    /// Follows the journal to the end of the run and sends it. Never fails: the [`Delivery`] says what could not be
    /// delivered, and the journal keeps it.
    pub(crate) async fn run<F: Feed>(
        self,
        journal: F,
        mut on_notice: impl FnMut(Notice) + Send,
    ) -> Delivery {
        let (client, short) = (&self.client, self.options.verify_timeout);
        let longest = self.options.delivery_timeout.unwrap_or(short);
        let grace = Grace::new(longest, short, self.options.stopper.clone());
        let mut outages = Outages::new(client.clone(), grace, &mut on_notice);
        let known = match &self.target {
            Target::Resume(id) => Some(*id),
            _ => None,
        };
        let connected = self
            .target
            .connect(
                (client, self.run_id, self.options.mark.as_ref()),
                &mut outages,
                &journal,
                short,
            )
            .await;
        let (connection, already_stored) = match connected {
            Ok(connected) => connected,
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
            self.final_state,
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
        problem: Some(undelivered(&FinalState::NotSent, 0, &problem)),
    }
}

/// The retries of a single request. They are short: a busy SQLite answers 503 for a moment, and the end of a run must not wait for
/// the two seconds of Prefect's client. [`Outages`] waits outages out.
fn short_retries(client: &Client) -> RetryPolicy {
    client
        .settings()
        .retry
        .clone()
        .with_pace(3, Duration::from_millis(100))
}
