//! What is known of the attempt that ran before in another process: its record on this disk, or its ledger in Prefect.

use prefect_client::{Client, FlowRun, StateType, TaskRunFilter};
use uuid::Uuid;

use crate::dbt::{Project, dbt_version, find_dbt};
use crate::dbt_retry::{NO_RECORD, restore};
use crate::ledger::{Ledger, decode};
use crate::model::{Obstacle, error_chain, task_run_id};
use crate::outcome::Error;
use crate::prefect::delivery::read_ledger;
use crate::request::{LedgerMode, ProcessEnv, Request};
use crate::store::{AttemptRecords, SavedAttempt};

/// The most task runs in an answer of the server.
const PAGE: usize = 200;

/// The newest record of an attempt of a flow run, or the reason why there is none, as the end of a sentence.
///
/// # Errors
/// When the working directory cannot be read, or dbt is not found.
pub(super) async fn last_attempt(
    request: &Request,
    client: &Client,
    run: &FlowRun,
) -> Result<Result<SavedAttempt, String>, Error> {
    let env = ProcessEnv::from_env()?;
    let project = request.project(&request.dbt_args(), &env.cwd);
    let records = AttemptRecords::beside(&request.journal_dir_in(&project));
    let on_disk = records.newest(|record| record.flow_run_id == Some(run.id));
    let on_disk = on_disk
        .filter(|kept| kept.record.target == project.target && kept.record.args == request.args);
    let in_prefect = match request.ledger {
        LedgerMode::Off => Err(NO_RECORD.to_owned()),
        LedgerMode::Auto | LedgerMode::Prefect => read(client, run).await,
    };
    let ledger = match (in_prefect, on_disk) {
        (Ok(ledger), Some(kept)) if is_complete(&kept, &ledger) => return Ok(Ok(kept)),
        (Ok(ledger), _) => ledger,
        (Err(_), Some(kept)) => return Ok(Ok(kept)),
        (Err(reason), None) => return Ok(Err(reason)),
    };
    let ledger = without_completed(ledger, client).await;
    restored(ledger, run, request, (&project, &records), &env).await
}

/// The ledger without the nodes that Prefect shows as Completed: their ends are sent sooner than the ledger is written.
async fn without_completed(mut ledger: Ledger, client: &Client) -> Ledger {
    let Some(work) = &mut ledger.work else {
        return ledger;
    };
    let head = &ledger.head;
    let id = |node: &String| task_run_id(head.run_id, node, head.attempt);
    let ids: Vec<Uuid> = work.nodes.keys().map(id).collect();
    for some in ids.chunks(PAGE) {
        let completed = TaskRunFilter::default()
            .with_ids(some.iter().copied())
            .with_state_types([StateType::Completed]);
        match client.filter_task_runs(&completed).await {
            Ok(found) => found.iter().for_each(|run| {
                work.nodes.remove(&run.task_key);
            }),
            Err(error) => {
                let problem = error_chain(&error);
                tracing::debug!(problem, "cannot read the task runs of the previous attempt");
            }
        }
    }
    ledger
}

/// Whether the record on disk says at least as much as the ledger. The names of attempts are in the order of time.
fn is_complete(kept: &SavedAttempt, ledger: &Ledger) -> bool {
    let record = &kept.record;
    record.run_id >= ledger.head.run_id && record.obstacle != Some(Obstacle::Open)
}

async fn restored(
    ledger: Ledger,
    run: &FlowRun,
    request: &Request,
    (project, records): (&Project, &AttemptRecords),
    env: &ProcessEnv,
) -> Result<Result<SavedAttempt, String>, Error> {
    let dbt = find_dbt(
        request.dbt.as_deref(),
        &env.cwd,
        env.virtual_env.as_deref(),
        env.path.as_deref(),
    )?;
    let version = match dbt_version(&dbt, env.cache.as_deref()).await {
        Ok(version) => version,
        Err(problem) => return Ok(Err(format!("the version of dbt is not known: {problem}"))),
    };
    let last = (run.id, run.run_count);
    Ok(restore(ledger, last, request, project, &version, records))
}

/// The ledger that Prefect has of a flow run.
async fn read(client: &Client, run: &FlowRun) -> Result<Ledger, String> {
    let text = read_ledger(client, run.id).await;
    let text = text.map_err(|error| {
        let problem = error_chain(&error);
        format!("the ledger of the previous attempt cannot be read from Prefect: {problem}")
    })?;
    let text =
        text.ok_or("Prefect has no ledger of the previous attempt, and this disk has no record")?;
    decode(&text).map_err(|error| error.to_string())
}
