//! `source_status:` matches sources that have newer data than in an earlier run.

use std::collections::HashMap;

use dbt_manifest::Sources;
use jiff::Timestamp;

use crate::context::Context;
use crate::error::ErrorKind;
use crate::graph::SelectionGraph;
use crate::set::NodeSet;
use crate::state::StateError;

/// The only value that matches any source.
const FRESHER: &str = "fresher";

/// Sources whose newest data is newer than in the earlier run, or for which the earlier run has no time.
pub(super) fn resolve(
    value: &str,
    graph: &SelectionGraph<'_>,
    context: &Context<'_>,
) -> Result<NodeSet, Vec<ErrorKind>> {
    let missing = |file| {
        vec![
            StateError::Missing {
                method: "source_status",
                file,
            }
            .into(),
        ]
    };
    let sources = context.state.and_then(|state| state.sources.as_ref());
    let earlier = sources.ok_or_else(|| missing("the sources.json of an earlier run"))?;
    let sources = context
        .state
        .and_then(|state| state.current_sources.as_ref());
    let current =
        sources.ok_or_else(|| missing("the sources.json of the latest `dbt source freshness`"))?;
    if value != FRESHER {
        return Ok(NodeSet::empty(graph.len()));
    }
    let (earlier, current) = (loaded_at(earlier), loaded_at(current));
    Ok(graph.matching(|node| {
        let id = node.unique_id.as_str();
        match (current.get(id), earlier.get(id)) {
            (Some(now), Some(before)) => now > before,
            (now, _) => now.is_some(),
        }
    }))
}

/// The time of the newest data of each source. A source whose check failed has none.
fn loaded_at(sources: &Sources) -> HashMap<&str, Timestamp> {
    let time = |text: &str| text.parse().ok();
    let results = sources.results.iter();
    let found = results.filter_map(|result| {
        Some((
            result.unique_id.as_str(),
            time(result.max_loaded_at.as_deref()?)?,
        ))
    });
    found.collect()
}
