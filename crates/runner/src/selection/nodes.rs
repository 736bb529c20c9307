//! Evaluates a selection.

use std::path::Path;
use std::time::SystemTime;

use dbt_manifest::{Manifest, RunResults, Sources};
use dbt_selector::{Command, Context, SelectionGraph, State};

use super::flags::SelectionFlags;
use super::named_selectors::named_selectors;

/// The unique_ids of the nodes that dbt runs, sorted: the selected nodes without ephemeral models.
///
/// # Errors
/// When the selection or a named selector is wrong.
pub(crate) fn scheduled(
    manifest: &Manifest,
    command: Command,
    flags: &SelectionFlags,
    state: &State,
) -> Result<Vec<String>, String> {
    let graph = SelectionGraph::new(manifest);
    let selectors = named_selectors(manifest, flags.mode(), graph.dialect())?;
    let mut context = Context::default();
    context.selectors = Some(&selectors);
    context.state = Some(state);
    let request = flags.request(command).map_err(|error| error.to_string())?;
    let selection = request
        .select(&graph, &context)
        .map_err(|errors| errors.to_string())?;
    let runs =
        |node: &&&dbt_manifest::Node| node.config.materialized.as_deref() != Some("ephemeral");
    Ok(selection
        .nodes()
        .iter()
        .filter(runs)
        .map(|node| node.unique_id.as_str().to_owned())
        .collect())
}

/// Reads the artifacts in the folder of `--state`, and the current sources in the target folder. Files that cannot be read
/// are left out: dbt reports them.
pub(crate) fn read_state(dir: Option<&Path>, target: &Path) -> State {
    let mut state = State::default();
    state.now = SystemTime::now();
    let Some(dir) = dir else { return state };
    let read = |path: &Path| fs_err::read(path).ok();
    let sources = |dir: &Path| Sources::from_slice(&read(&dir.join("sources.json"))?).ok();
    state.manifest =
        read(&dir.join("manifest.json")).and_then(|bytes| Manifest::from_vec(bytes).ok());
    state.run_results =
        read(&dir.join("run_results.json")).and_then(|bytes| RunResults::from_slice(&bytes).ok());
    state.sources = sources(dir);
    state.current_sources = sources(target);
    state
}
