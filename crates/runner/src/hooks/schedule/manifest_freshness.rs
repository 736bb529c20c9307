//! Whether a manifest was written with the same settings. Pure.

use dbt_manifest::{Manifest, RunResults};
use serde_json::{Map, Value};

use crate::selection::SelectionFlags;

/// Whether these results are of the run that wrote the manifest, and that run read the project as `flags` say.
pub(super) fn has_same_settings(
    manifest: &Manifest,
    results: &RunResults,
    flags: &SelectionFlags,
) -> bool {
    let of_results = results.metadata.invocation_id.as_deref();
    of_results.is_some()
        && of_results == manifest.metadata().invocation_id.as_deref()
        && has_same_args(&results.args, flags)
}

/// Whether a run with these arguments read the project with the same variables, target and profile.
fn has_same_args(args: &Map<String, Value>, flags: &SelectionFlags) -> bool {
    let text = |name: &str| args.get(name).and_then(Value::as_str);
    let vars = match &flags.vars {
        Some(text) => serde_yaml::from_str::<Value>(text).ok(),
        None => Some(Value::Object(Map::new())),
    };
    let none = Value::Object(Map::new());
    vars.is_some_and(|vars| &vars == args.get("vars").unwrap_or(&none))
        && text("target") == flags.target.as_deref()
        && text("profile") == flags.profile.as_deref()
}

#[cfg(test)]
mod tests;
