//! `prefect-dbt invoke`.

use std::sync::Arc;

use crate::console::{Printer, RunConsole, wait_until_shown};
use crate::dbt::Launcher;
use crate::hooks::{HookOptions, Hooks};
use crate::model::{LogLevel, StateKind, Stopper, error_chain, exit_codes};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome, client_from_env, run_summary, undelivered};
use crate::prefect::control::forward_signals;
use crate::request::{FlowChoice, Invocation, LedgerMode, LockLost, RetryStrategy};
use crate::retry;
use clap::{Args, Command};
use prefect_client::Client;
use tokio::time::Instant;

use super::channel;
use super::error_report::ErrorReport;
use super::invoke_args::{InvokeArgs, Output};
use super::json_result::ResultObject;
use super::logging;
use super::misplaced_option::misplaced_options;

/// Runs the command. Returns the exit code.
pub(crate) fn run(args: InvokeArgs) -> u8 {
    if args.channel {
        return channel::run(args);
    }
    let json = args.output.output == Output::Json;
    let console = Arc::new(RunConsole::new(Printer::from_env(args.output.quiet), !json));
    let log = console.printer().clone();
    logging::from_env(move || log.log_writer());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let exit_code = runtime.block_on(run_and_show(args, &console));
            // Nothing that still runs is worth waiting for.
            runtime.shutdown_background();
            exit_code
        }
        Err(error) => {
            let error = ErrorReport::from(Error::Runtime(error));
            console.printer().line(error.to_string());
            console.printer().wait_until_printed();
            error.exit_code
        }
    }
}

/// Runs dbt, and shows the end of the run. Returns the exit code.
async fn run_and_show(args: InvokeArgs, console: &Arc<RunConsole>) -> u8 {
    let stopper = Stopper::default();
    let deadline = args.limits.timeout.map(|timeout| Instant::now() + timeout);
    let (json, dbt_args) = (args.output.output == Output::Json, args.args.clone());
    let can_create = args.prefect.flow_run_id.is_some() && !args.prefect.engine;
    let outcome = invoke(args, console, &stopper).await;
    let outcome = outcome.map_err(|error| ErrorReport::of_invoke(&error, can_create));
    let exit_code = match &outcome {
        Ok(outcome) => outcome.exit_code,
        Err(error) => error.exit_code,
    };
    let printed = console.finish(move |printer| {
        match &outcome {
            Ok(outcome) => show_end(outcome, printer),
            Err(error) => printer.line(error.to_string()),
        }
        if json {
            let object = match outcome {
                Ok(outcome) => ResultObject::of(outcome),
                Err(error) => ResultObject::of_error(dbt_args, &error),
            };
            print(&object, printer);
        }
    });
    wait_until_shown(printed, || console.printer().printed(), &stopper, deadline).await;
    exit_code
}

async fn invoke(
    args: InvokeArgs,
    console: &Arc<RunConsole>,
    stopper: &Stopper,
) -> Result<Outcome, Error> {
    forward_signals(stopper.clone()).map_err(Error::Runtime)?;
    let command = InvokeArgs::augment_args(Command::new("invoke"));
    if let Some(problem) = misplaced_options(&command, &args.args) {
        console.on_warning(&problem);
    }
    let (invocation, hooks) = invocation_of(args, &**console)?;
    let options = HookOptions::default();
    retry::run(
        invocation,
        Arc::clone(console) as _,
        stopper.clone(),
        &hooks,
        options,
    )
    .await
}

/// The invocation that the arguments ask for, with its hooks.
pub(super) fn invocation_of(
    args: InvokeArgs,
    observer: &dyn Observer,
) -> Result<(Invocation, Hooks), Error> {
    let mut flow = FlowChoice::from_env();
    flow.declined = args.prefect.no_prefect;
    flow.engine = args.prefect.engine;
    flow.flow_run_id = args.prefect.flow_run_id;
    flow.flow_name = args.prefect.flow_name;
    flow.flow_run_name = args.prefect.flow_run_name;
    flow.tags = args.prefect.tags;
    let client = client_for(&mut flow, observer)?;

    let mut invocation = Invocation::new(args.args);
    invocation.flow = flow;
    let options = &mut invocation.options;
    options.settings.project_dir = args.dbt.project_dir;
    options.settings.profiles_dir = args.dbt.profiles_dir;
    options.settings.target_path = args.dbt.target_path;
    options.settings.log_level = args.dbt.log_level.as_deref().and_then(LogLevel::from_name);
    options.dbt = args.dbt.dbt;
    options.launcher = args.dbt.launcher.as_deref().and_then(Launcher::from_name);
    options.client = client;
    options.raise_on_failure = Some(!args.output.no_raise_on_failure);
    options.fail_on_empty = Some(args.output.fail_on_empty);
    options.timeout = args.limits.timeout;
    options.verify_timeout = args.limits.verify_timeout;
    options.delivery_timeout = args.limits.delivery_timeout;
    options.rate = args.limits.rate;
    options.budget = args.limits.budget;
    options.disable_assets = Some(args.prefect.disable_assets);
    options.include_compiled_code = Some(args.prefect.include_compiled_code);
    options.summary_artifact = Some(!args.prefect.no_summary_artifact);
    options.keep_artifacts = Some(false);
    options.history = Some(!args.output.no_history);
    options.journal_dir = args.output.journal_dir;
    options.retries = args.retry.retries;
    options.retry_delay = args.retry.retry_delay;
    options.heal = args.retry.heal;
    options.heal_on = args.retry.heal_on;
    options.heal_hooks = Some(args.retry.heal_hooks);
    options.retry_strategy = RetryStrategy::from_name(&args.retry.retry_strategy);
    options.lock = args.lock.lock;
    options.lock_timeout = args.lock.lock_timeout;
    options.lock_lost = LockLost::from_name(&args.lock.lock_lost);
    options.ledger = LedgerMode::from_name(&args.retry.ledger);
    Ok((invocation, args.hooks.hooks()))
}

/// The client for the Prefect API. Invalid settings are an error if a flow run is given. Without one, the run goes on with a
/// warning and is not reported.
fn client_for(flow: &mut FlowChoice, observer: &dyn Observer) -> Result<Option<Client>, Error> {
    if flow.declined {
        return Ok(None);
    }
    let has_flow_run = flow.engine || flow.flow_run_id.or(flow.inherited).is_some();
    match client_from_env() {
        Err(error) if !has_flow_run => {
            let problem = error_chain(&error);
            observer.on_warning(&format!("this run is not reported: {problem}"));
            flow.declined = true;
            Ok(None)
        }
        client => client,
    }
}

/// Shows the summary of a run and its failures.
fn show_end(outcome: &Outcome, printer: &Printer) {
    if printer.quiet
        && outcome.exit_code == exit_codes::NO_PREFECT
        && let Some(problem) = undelivered(outcome)
    {
        printer.text(&problem);
    }
    if !printer.quiet
        && let Some(summary) = run_summary(outcome)
    {
        printer.text(&summary);
    }
    // Without --quiet, dbt's own error is in the log lines above.
    let is_new = printer.quiet
        || outcome
            .run
            .nodes
            .iter()
            .any(|node| node.state.kind == StateKind::Failed);
    if let Some(failure) = outcome.failure.as_ref().filter(|_| is_new) {
        printer.text(failure);
    }
}

/// Prints the result object.
fn print(object: &ResultObject, printer: &Printer) {
    match serde_json::to_string(object) {
        Ok(text) => printer.data(text),
        Err(error) => tracing::error!(%error, "cannot write the result"),
    }
}
