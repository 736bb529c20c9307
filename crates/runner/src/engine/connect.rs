//! Which flow run a run reports to, and the reporter that does it.

use std::time::Duration;

use prefect_client::Client;
use uuid::Uuid;

use super::prepare::journal_folder;
use super::run::Attempt;
use crate::dbt::CommandLine;
use crate::model::{ExistingFlowRun, FlowRunRef, NewFlowRun};
use crate::outcome::{Error, warn_of_wait};
use crate::prefect::delivery::{LedgerOptions, ReportOptions, Reporter};
use crate::prefect::flow_run::{
    Mode, ModeFacts, NewRun, ProcessMark, ReportError, decide, flow_run_name, retry_rules,
    wait_for_api,
};
use crate::request::{Request, SharedRun};
use crate::store::JournalFolder;

/// The flow run, and the reporter; `None` when the run is not reported.
pub(super) struct Connected {
    pub(super) flow_run: FlowRunRef,
    pub(super) reporter: Option<Reporter>,
}

/// The flow run that an attempt creates; `None` if it reports to another one or to none.
pub(crate) fn flow_run_to_create(request: &Request) -> Option<NewRun> {
    if request.shared.is_some() {
        return None;
    }
    let command = request.dbt_args().command;
    let mode = decide(mode_facts(request, &command)).ok()?;
    let key = request.attempt.key.filter(|_| mode == Mode::Create)?;
    Some(new_run(request, names(request, &command, key), key))
}

/// Decides which flow run the run reports to, and connects to it if it exists. `new` is the flow run that it creates.
pub(super) async fn connect(
    attempt: Attempt<'_>,
    run_id: Uuid,
    (command, ledger): (&str, Option<LedgerOptions>),
    new: Option<NewRun>,
) -> Result<Connected, Error> {
    let request = attempt.request;
    if let Some(shared) = &request.shared {
        return Ok(join(attempt, run_id, shared));
    }
    let mode = decide(mode_facts(request, command))?;
    let key = request.attempt.key.unwrap_or(run_id);
    let names = names(request, command, key);
    let new = new.unwrap_or_else(|| new_run(request, names.clone(), key));
    let reporter = match &request.client {
        Some(client) => {
            let mut options = report_options(attempt);
            options.ledger = ledger;
            reporter(client, (attempt, run_id), mode, new, options).await?
        }
        None => None,
    };
    let flow_run = reporter.as_ref().and_then(Reporter::flow_run);
    Ok(Connected {
        flow_run: flow_run.unwrap_or(FlowRunRef::NotReported(names)),
        reporter,
    })
}

/// Joins the flow run that the invocation shares with others.
fn join(attempt: Attempt<'_>, run_id: Uuid, shared: &SharedRun) -> Connected {
    let client = attempt.request.client.as_ref();
    let client = client.filter(|_| shared.is_reported);
    let reporter = client.map(|client| {
        let run = (shared.new.clone(), shared.known_id());
        Reporter::join(client, run_id, run, report_options(attempt))
    });
    let flow_run = reporter.as_ref().and_then(Reporter::flow_run);
    Connected {
        flow_run: flow_run.unwrap_or_else(|| FlowRunRef::NotReported(shared.new.names.clone())),
        reporter,
    }
}

/// The names of a flow run that is created. `key` determines a name that the caller does not choose.
pub(super) fn names(request: &Request, command: &str, key: Uuid) -> NewFlowRun {
    let choice = &request.flow;
    let name = choice.flow_run_name.clone();
    NewFlowRun {
        flow_name: Some(flow_name(request, command)),
        flow_run_name: name.unwrap_or_else(|| flow_run_name(key)),
        tags: choice.tags.clone(),
    }
}

pub(super) fn new_run(request: &Request, names: NewFlowRun, key: Uuid) -> NewRun {
    let policy = retry_rules(request.retry.retries, request.retry.delay);
    NewRun::new(names, &request.args, key, policy).marked(mark(request))
}

/// What the choice of the flow run depends on.
fn mode_facts(request: &Request, command: &str) -> ModeFacts {
    let choice = &request.flow;
    // `--version` and `--help` are not reported.
    let is_run = !command.is_empty();
    ModeFacts {
        declined: choice.declined || !is_run,
        api_configured: request.client.is_some(),
        engine: choice.engine && is_run,
        tasks_alone: choice.tasks_alone,
        named: choice.flow_run_id.filter(|_| is_run),
        inherited: choice.inherited,
    }
}

async fn reporter(
    client: &Client,
    (attempt, run_id): (Attempt<'_>, Uuid),
    mode: Mode,
    new: NewRun,
    options: ReportOptions,
) -> Result<Option<Reporter>, ReportError> {
    Ok(Some(match mode {
        Mode::NotReported => return Ok(None),
        Mode::TaskRunsOnly => Reporter::without_flow_run(client, run_id, options),
        Mode::Existing(run) => attach(client, run_id, run, attempt, options).await?,
        Mode::Inherited(id) => {
            let run = Reporter::probe(client, id).await?;
            attach(client, run_id, run, attempt, options).await?
        }
        Mode::Create => Reporter::create(client, run_id, new, options),
    }))
}

fn report_options(attempt: Attempt<'_>) -> ReportOptions {
    let delivery = &attempt.request.delivery;
    ReportOptions {
        verify_timeout: delivery.verify_timeout,
        delivery_timeout: delivery.delivery_timeout,
        stopper: Some(attempt.stopper.clone()),
        rate: delivery.rate,
        budget: delivery.budget,
        ledger: None,
        mark: Some(mark(attempt.request)),
    }
}

/// What the labels of a flow run say of this process.
fn mark(request: &Request) -> ProcessMark {
    let folder = journal_folder(request).ok().flatten();
    ProcessMark::of_this_process(folder.as_ref().map(JournalFolder::dir))
}

/// Connects to a flow run. An engine waits out an outage. The owned flow run of a retry is resumed even if the API is not
/// reachable: it waits for this.
async fn attach(
    client: &Client,
    run_id: Uuid,
    flow_run: ExistingFlowRun,
    attempt: Attempt<'_>,
    options: ReportOptions,
) -> Result<Reporter, ReportError> {
    let is_retry = attempt.request.attempt.number > 1;
    let limit = match is_retry {
        true => Duration::ZERO,
        false => attempt.request.delivery.at_start(),
    };
    let attached = wait_for_api(
        limit,
        || Reporter::attach(client, run_id, flow_run, options.clone()),
        ReportError::request,
        |error| warn_of_wait(&**attempt.observer, limit, error),
    );
    match attached.await {
        Err(ReportError::Unreachable { .. }) if flow_run.is_owned() && is_retry => {
            Ok(Reporter::resume(client, run_id, flow_run.id, options))
        }
        attached => attached,
    }
}

/// The name of a flow that is created: the same for all attempts, whatever command each of them runs.
fn flow_name(request: &Request, command: &str) -> String {
    let original = request.attempt.original.as_ref();
    let original = original.map(CommandLine::command);
    let command = original.as_deref().unwrap_or(command);
    let chosen = request.flow.flow_name.clone();
    chosen.unwrap_or_else(|| format!("dbt {command}"))
}
