//! Finding the flow run that an invocation reports to.

use prefect_client::Client;
use uuid::Uuid;

use crate::dbt::CommandLine;
use crate::model::FlowTarget;
use crate::outcome::Error;
use crate::prefect::delivery::{ReportOptions, Reporter};
use crate::prefect::flow_run::{
    Decision, Mode, ModeFacts, NewRun, ReportError, decide, flow_run_name, retry_rules,
};
use crate::request::Request;

/// Where an invocation reports to, and who reports.
pub(super) struct Connected {
    pub(super) target: FlowTarget,
    pub(super) reporter: Option<Reporter>,
}

/// Decides where the invocation reports to, and connects to the flow run if there is one already.
pub(super) async fn connect(
    request: &Request,
    run_id: Uuid,
    command: &str,
) -> Result<Connected, Error> {
    let choice = &request.flow;
    let name = choice
        .flow_run_name
        .clone()
        .unwrap_or_else(|| flow_run_name(run_id));
    // `--version` and the like are nothing to report.
    let is_run = !command.is_empty();
    let facts = ModeFacts {
        declined: choice.declined || !is_run,
        api_configured: request.client.is_some(),
        engine: choice.engine && is_run,
        tasks_alone: choice.tasks_alone,
        named: choice.flow_run_id.filter(|_| is_run),
        inherited: choice.inherited,
    };
    let decision = decide(facts)?;
    let nowhere = |name| Connected {
        target: FlowTarget::Nowhere {
            key: request.attempt.key,
            flow_name: Some(flow_name(request, command)),
            flow_run_name: name,
            tags: choice.tags.clone(),
        },
        reporter: None,
    };
    let Some(client) = &request.client else {
        return Ok(nowhere(name));
    };
    let mode = match decision {
        Decision::Settled(mode) => mode,
        Decision::DependsOn(flow_run) => Reporter::probe(client, flow_run).await?,
    };
    let options = ReportOptions {
        verify_timeout: request.delivery.verify_timeout,
        rate: request.delivery.rate,
        budget: request.delivery.budget,
    };
    let reporter = match mode {
        Mode::Alone => return Ok(nowhere(name)),
        Mode::TasksAlone => Reporter::of_tasks_alone(client, run_id, options),
        Mode::Engine(id) => engine(client, run_id, id, request, options).await?,
        Mode::Attached(id) => Reporter::attach(client, run_id, id, false, options).await?,
        Mode::Create => {
            let run = NewRun {
                flow_name: flow_name(request, command),
                flow_run_name: name.clone(),
                tags: choice.tags.clone(),
                parameters: [("args".to_owned(), request.args.clone().into())]
                    .into_iter()
                    .collect(),
                key: request.attempt.key,
                policy: retry_rules(request.retry.retries, request.retry.delay),
            };
            Reporter::create(client, run_id, run, options)
        }
    };
    Ok(Connected {
        target: reporter
            .flow_target()
            .unwrap_or_else(|| nowhere(name).target),
        reporter: Some(reporter),
    })
}

/// Begins a flow run as its engine. A repetition is ours to begin even while the API is away: its flow run waits for it.
async fn engine(
    client: &Client,
    run_id: Uuid,
    flow_run_id: Uuid,
    request: &Request,
    options: ReportOptions,
) -> Result<Reporter, ReportError> {
    match Reporter::attach(client, run_id, flow_run_id, true, options.clone()).await {
        Err(ReportError::Unreachable { .. }) if request.attempt.number > 1 => {
            Ok(Reporter::rejoin(client, run_id, flow_run_id, options))
        }
        begun => begun,
    }
}

/// The name of a flow that is created: the same for all attempts, whatever each of them calls.
fn flow_name(request: &Request, command: &str) -> String {
    let original = request.attempt.original.as_ref();
    let original = original.map(CommandLine::command);
    let command = original.as_deref().unwrap_or(command);
    let chosen = request.flow.flow_name.clone();
    chosen.unwrap_or_else(|| format!("dbt {command}"))
}
