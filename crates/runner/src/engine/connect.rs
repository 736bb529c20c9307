//! Which flow run a run reports to, and the reporter that does it.

use prefect_client::Client;
use uuid::Uuid;

use crate::dbt::CommandLine;
use crate::model::{ExistingFlowRun, FlowRunRef, NewFlowRun};
use crate::outcome::Error;
use crate::prefect::delivery::{ReportOptions, Reporter};
use crate::prefect::flow_run::{
    Mode, ModeFacts, NewRun, ReportError, decide, flow_run_name, retry_rules,
};
use crate::request::Request;

/// The flow run, and the reporter; `None` when the run is not reported.
pub(super) struct Connected {
    pub(super) flow_run: FlowRunRef,
    pub(super) reporter: Option<Reporter>,
}

/// Decides which flow run the run reports to, and connects to it if it exists.
pub(super) async fn connect(
    request: &Request,
    run_id: Uuid,
    command: &str,
) -> Result<Connected, Error> {
    let mode = decide(mode_facts(request, command))?;
    let choice = &request.flow;
    let name = choice.flow_run_name.clone();
    let names = NewFlowRun {
        flow_name: Some(flow_name(request, command)),
        flow_run_name: name.unwrap_or_else(|| flow_run_name(run_id)),
        tags: choice.tags.clone(),
    };
    let reporter = match &request.client {
        Some(client) => reporter(client, request, run_id, mode, &names).await?,
        None => None,
    };
    let flow_run = reporter.as_ref().and_then(Reporter::flow_run);
    Ok(Connected {
        flow_run: flow_run.unwrap_or(FlowRunRef::NotReported(names)),
        reporter,
    })
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
    request: &Request,
    run_id: Uuid,
    mode: Mode,
    names: &NewFlowRun,
) -> Result<Option<Reporter>, ReportError> {
    let options = ReportOptions {
        verify_timeout: request.delivery.verify_timeout,
        rate: request.delivery.rate,
        budget: request.delivery.budget,
    };
    Ok(Some(match mode {
        Mode::NotReported => return Ok(None),
        Mode::TaskRunsOnly => Reporter::without_flow_run(client, run_id, options),
        Mode::Existing(run) => attach(client, run_id, run, request, options).await?,
        Mode::Inherited(id) => {
            let run = Reporter::probe(client, id).await?;
            attach(client, run_id, run, request, options).await?
        }
        Mode::Create => {
            let policy = retry_rules(request.retry.retries, request.retry.delay);
            let run = NewRun::new(names.clone(), &request.args, request.attempt.key, policy);
            Reporter::create(client, run_id, run, options)
        }
    }))
}

/// Connects to a flow run. The owned flow run of a retry is resumed even if the API is not reachable: it waits for this.
async fn attach(
    client: &Client,
    run_id: Uuid,
    flow_run: ExistingFlowRun,
    request: &Request,
    options: ReportOptions,
) -> Result<Reporter, ReportError> {
    match Reporter::attach(client, run_id, flow_run, options.clone()).await {
        Err(ReportError::Unreachable { .. })
            if flow_run.is_owned() && request.attempt.number > 1 =>
        {
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
