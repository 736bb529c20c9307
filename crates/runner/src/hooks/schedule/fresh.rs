//! Whether a manifest still describes the project.

use std::path::Path;
use std::time::SystemTime;

use dbt_manifest::{Manifest, RunResults};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::selection::SelectionFlags;

/// Files that make up a project.
const SOURCES: [&str; 6] = ["sql", "yml", "yaml", "py", "csv", "md"];
/// Of these, the ones with Jinja.
const WITH_JINJA: [&str; 4] = ["sql", "yml", "yaml", "py"];
/// Folders that hold what dbt writes.
const WRITTEN: [&str; 2] = ["target", "logs"];

/// Whether the manifest is what dbt would write now.
///
/// It is when the last run that wrote it had the same variables, target and profile, when it is newer than every file
/// and folder of the project, and when no file asks for environment variables, of which nothing remembers the values.
pub(super) fn is_fresh(
    manifest: &Manifest,
    results: Option<&RunResults>,
    flags: &SelectionFlags,
    root: &Path,
    target: &Path,
    profiles: Option<&Path>,
) -> bool {
    let written = manifest.metadata().generated_at.as_deref();
    let Some(written) = written.and_then(|text| text.parse::<Timestamp>().ok()) else {
        return false;
    };
    let written = SystemTime::from(written);
    let of_same_run = results.is_some_and(|results| {
        results.metadata.invocation_id == manifest.metadata().invocation_id
            && results.metadata.invocation_id.is_some()
            && has_same_settings(&results.args, flags)
    });
    of_same_run
        && profiles.is_none_or(|file| is_settled(file, written))
        && is_older(root, target, written, true)
}

/// Whether a run with these arguments had what decides how a project is read.
fn has_same_settings(args: &Map<String, Value>, flags: &SelectionFlags) -> bool {
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

/// Whether a profiles.yml is older than `written`, and names its targets without Jinja.
fn is_settled(file: &Path, written: SystemTime) -> bool {
    let Ok(text) = fs_err::read_to_string(file) else {
        return true;
    };
    let is_open = |line: &str| line.trim_start().starts_with("target:") && line.contains("{{");
    changed(file).is_some_and(|at| at < written) && !text.lines().any(is_open)
}

/// Whether everything below `dir` is older than `written`. The folder of the project itself changes with the logs and
/// databases that runs leave there; the folders in it change when files come and go.
fn is_older(dir: &Path, target: &Path, written: SystemTime, is_root: bool) -> bool {
    let Ok(entries) = fs_err::read_dir(dir) else {
        return false;
    };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() {
            let is_passed_over =
                path == target || name.starts_with('.') || is_root && WRITTEN.contains(&&*name);
            let is_new = || changed(&path).is_none_or(|at| at >= written);
            if !is_passed_over && (is_new() || !is_older(&path, target, written, false)) {
                return false;
            }
            continue;
        }
        let suffix = path.extension().unwrap_or_default().to_string_lossy();
        if !SOURCES.contains(&&*suffix) || is_root && name == crate::dbt::PROFILES_FILE {
            continue;
        }
        let asks_environment = || {
            WITH_JINJA.contains(&&*suffix)
                && fs_err::read(&path).is_ok_and(|bytes| holds(&bytes, b"env_var"))
        };
        if changed(&path).is_none_or(|at| at >= written) || asks_environment() {
            return false;
        }
    }
    true
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs_err::metadata(path).ok()?.modified().ok()
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests;
