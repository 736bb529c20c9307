//! The nodes that an attempt is going to run.

use dbt_manifest::Manifest;

use super::remaining_nodes::is_scheduled;
use crate::dbt::{CommandLine, DbtArgs, Project};
use crate::request::{ProcessEnv, Request};
use crate::selection::selected;

/// The nodes that a command line selects and that dbt lists in its results; `None` if they cannot be determined.
pub(crate) fn schedule(
    manifest: &Manifest,
    line: &CommandLine,
    project: &Project,
    request: &Request,
) -> Option<Vec<String>> {
    let env = ProcessEnv::from_env().ok()?;
    let profiles_dir = request.profiles_dir(&DbtArgs::of(line), &env);
    let mut nodes = selected(manifest, line, project, profiles_dir)
        .inspect_err(|problem| tracing::debug!(problem, "cannot select the scheduled nodes"))
        .ok()??;
    nodes.retain(|id| is_scheduled(id));
    Some(nodes)
}
