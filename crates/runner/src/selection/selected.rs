//! The nodes that a command line selects.

use std::path::PathBuf;

use dbt_manifest::Manifest;
use dbt_selector::Command;

use super::flags::SelectionFlags;
use super::nodes::{read_state, scheduled};
use super::selectors_file::SelectorsFile;
use crate::dbt::{CommandLine, Project};

/// The unique_ids of the nodes that dbt runs with this command line, sorted. `None` for a command that runs no nodes.
/// `profiles_dir` is the folder of profiles.yml, for a selectors.yml that uses `target`.
///
/// # Errors
/// When the selection, selectors.yml or `--vars` is wrong.
pub(crate) fn selected(
    manifest: &Manifest,
    line: &CommandLine,
    project: &Project,
    profiles_dir: Option<PathBuf>,
) -> Result<Option<Vec<String>>, String> {
    let flags = SelectionFlags::from_env(line);
    let Some(command) = command_of(line, &flags) else {
        return Ok(None);
    };
    let state = flags.state.as_ref().map(|dir| project.root.join(dir));
    let state = read_state(state.as_deref(), project);
    let selectors = SelectorsFile::of(project, &flags, profiles_dir);
    let selectors = selectors.map_err(|error| format!("--vars is not a YAML mapping: {error}"))?;
    scheduled(manifest, command, &flags, &selectors, &state).map(Some)
}

/// Whether the command line or the environment sets `--state`.
pub(crate) fn names_state(line: &CommandLine) -> bool {
    SelectionFlags::from_env(line).state.is_some()
}

/// The command of a command line, if it runs nodes of the manifest.
pub(crate) fn command_of(line: &CommandLine, flags: &SelectionFlags) -> Option<Command> {
    Command::from_name(&line.command())
        .filter(|command| *command != Command::List && !flags.runs_no_nodes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const MANIFEST: &str = r#"{
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.11.16"},
        "nodes": {
            "model.shop.a": {"resource_type": "model", "name": "a", "package_name": "shop", "fqn": ["shop", "a"], "raw_code": "x"},
            "model.shop.b": {"resource_type": "model", "name": "b", "package_name": "shop", "fqn": ["shop", "b"], "raw_code": "x"}
        },
        "selectors": {"nightly": {"name": "nightly", "definition": {"method": "fqn", "value": "a"}}}
    }"#;

    #[test]
    fn selectors_yml_is_read_and_not_its_copy_in_the_manifest() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("selectors.yml");
        let text = "selectors:\n  - {name: nightly, definition: \"{{ var('node') }}\"}\n";
        std::fs::write(file, text).unwrap();
        let project = Project::find(Some(dir.path()), None, Path::new("/"));
        let manifest = Manifest::from_slice(MANIFEST.as_bytes()).unwrap();
        let nightly = |vars: &str| {
            let words = ["run", "--selector", "nightly", "--vars", vars];
            selected(&manifest, &CommandLine::parse(&words), &project, None)
        };
        assert_eq!(nightly("{node: b}"), Ok(Some(vec!["model.shop.b".into()])));
        let error = nightly("[b]").unwrap_err();
        assert!(
            error.starts_with("--vars is not a YAML mapping: "),
            "{error}"
        );
    }
}
