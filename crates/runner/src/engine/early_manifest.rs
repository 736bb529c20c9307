//! The manifest before the nodes: dbt 2 writes it after them, but for `dbt parse`.

use std::time::Instant;

use uuid::Uuid;

use super::parse_project::parse_project;
use crate::dbt::{Capabilities, ManifestTime, dbt_version, find_dbt};
use crate::model::Stopper;
use crate::request::{ProcessEnv, Request};

/// Commands whose nodes depend on each other or build relations.
const BUILDING: [&str; 9] = [
    "build",
    "clone",
    "compile",
    "docs generate",
    "retry",
    "run",
    "seed",
    "snapshot",
    "test",
];

/// Runs `dbt parse` first, where this dbt writes its manifest only after its nodes and it is needed before: for the edges
/// and assets of a run that is reported, and for hooks. Both invocations then have the same id, so the manifest is known to
/// be that of the run. Other versions of dbt and other commands start no second process.
///
/// If `dbt parse` fails, the run says why.
pub(crate) async fn with_early_manifest(
    mut request: Request,
    has_hooks: bool,
    stopper: &Stopper,
) -> Request {
    let is_reported = request.client.is_some() && !request.flow.declined;
    let command = request.line.command();
    if !(is_reported || has_hooks) || !BUILDING.contains(&command.as_str()) {
        return request;
    }
    let is_late = tokio::select! {
        is_late = writes_it_late(&request) => is_late,
        _ = stopper.stopped() => false,
    };
    if !is_late {
        return request;
    }
    let started = Instant::now();
    request.attempt.invocation_id = Some(Uuid::now_v7());
    let parsed = parse_project(&request, stopper).await;
    let took = started.elapsed();
    request.timeout = request.timeout.map(|limit| limit.saturating_sub(took));
    let seconds = took.as_secs_f64();
    request.attempt.parse_note = Some(match parsed {
        Ok(()) => format!(
            "dbt 2 writes manifest.json after its nodes, so `dbt parse` ran first, for {seconds:.1} s"
        ),
        Err(problem) => {
            format!(
                "`dbt parse`, which ran first for the edges between task runs, failed: {problem}"
            )
        }
    });
    request
}

/// Whether the dbt of a request writes its manifest after its nodes. False if it cannot be found: the run says so.
async fn writes_it_late(request: &Request) -> bool {
    let Ok(env) = ProcessEnv::from_env() else {
        return false;
    };
    let dbt = find_dbt(
        request.dbt.as_deref(),
        &env.cwd,
        env.virtual_env.as_deref(),
        env.path.as_deref(),
    );
    let Ok(dbt) = dbt else { return false };
    let version = dbt_version(&dbt, env.cache.as_deref()).await;
    version.is_ok_and(|version| Capabilities::of(&version).manifest == ManifestTime::AfterNodes)
}
