//! Reads the inputs of a selection: manifest, selectors, state and the project's files.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

use dbt_manifest::{Manifest, RunResults, Sources};
use dbt_selector::{Dialect, Listing, ProjectFiles, Selectors, State};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::args::LsArgs;
use super::disk::DiskFiles;
use super::error::{Cause, LsError};
use super::jinja::SelectorsJinja;
use super::profile::TargetFinder;
use super::project::Project;

/// The manifest given by flag, otherwise the one in the target folder.
///
/// # Errors
/// The file cannot be read, or is not a manifest.
pub(super) fn manifest(args: &LsArgs, project: &Project) -> Result<Manifest, LsError> {
    let written = || project.target.join("manifest.json");
    let path = args.manifest.clone().unwrap_or_else(written);
    match std::fs::read(&path) {
        Ok(bytes) => Manifest::from_vec(bytes).map_err(|error| LsError::read(&path, error)),
        Err(source) => Err(LsError::NoManifest { path, source }),
    }
}

/// The selectors of the file given by flag, otherwise of the project's selectors.yml if it has one.
///
/// # Errors
/// The file cannot be read, or is invalid.
pub(super) fn selectors(
    args: &LsArgs,
    project: &Project,
    dialect: Dialect,
) -> Result<Selectors, LsError> {
    let path = args
        .selectors
        .clone()
        .unwrap_or_else(|| project.root.join("selectors.yml"));
    if args.selectors.is_none() && !path.exists() {
        return Ok(Selectors::default());
    }
    let text = std::fs::read_to_string(&path).map_err(|error| LsError::read(&path, error))?;
    let (vars, env) = (vars(&args.vars)?, Environment::from_env().variables);
    let home = env.get("HOME").map(PathBuf::from);
    let no_target = || Err("profiles.yml cannot use `target`".to_owned());
    let profile_jinja = SelectorsJinja::new(vars.clone(), env.clone(), &no_target);
    let finder = TargetFinder {
        args,
        project,
        jinja: &profile_jinja,
        home,
    };
    let target = || finder.find();
    let jinja = SelectorsJinja::new(vars, env, &target);
    Selectors::parse(&text, &jinja, args.indirect_selection.into(), dialect)
        .map_err(|errors| LsError::Selection(errors.into()))
}

/// The artifacts in the `--state` folder, and the current sources.json.
///
/// # Errors
/// A file exists and cannot be read.
pub(super) fn state(args: &LsArgs, project: &Project) -> Result<State, LsError> {
    let mut state = State::default();
    state.now = SystemTime::now();
    state.compares_unrendered = project.compares_unrendered();
    if let Some(dir) = args.state.as_ref().map(|dir| project.root.join(dir)) {
        state.manifest = artifact(dir.join("manifest.json"), Manifest::from_vec)?;
        state.run_results = artifact(dir.join("run_results.json"), |bytes| {
            RunResults::from_slice(&bytes)
        })?;
        state.sources = artifact(dir.join("sources.json"), |bytes| {
            Sources::from_slice(&bytes)
        })?;
        let current = project.target.join("sources.json");
        state.current_sources = artifact(current, |bytes| Sources::from_slice(&bytes))?;
    }
    Ok(state)
}

/// The project's files: those listed in the file given by flag, otherwise those on disk; `None` without a project.
///
/// # Errors
/// The listing cannot be read.
pub(super) fn files(
    args: &LsArgs,
    project: &Project,
) -> Result<Option<Box<dyn ProjectFiles>>, LsError> {
    #[derive(Deserialize)]
    struct Names {
        #[serde(default)]
        dirs: Vec<String>,
        #[serde(default)]
        files: Vec<String>,
    }
    if let Some(path) = &args.project_files {
        let bytes = std::fs::read(path).map_err(|error| LsError::read(path, error))?;
        let names: Names =
            serde_json::from_slice(&bytes).map_err(|error| LsError::read(path, error))?;
        return Ok(Some(Box::new(Listing::new(names.dirs, names.files))));
    }
    let on_disk = project.settings.is_some() || args.project_dir.is_some();
    Ok(on_disk.then(|| Box::new(DiskFiles::below(project.root.clone())) as Box<dyn ProjectFiles>))
}

fn artifact<T, E: Into<Cause>>(
    path: PathBuf,
    read: impl Fn(Vec<u8>) -> Result<T, E>,
) -> Result<Option<T>, LsError> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(&path).map_err(|error| LsError::read(&path, error))?;
    read(bytes)
        .map(Some)
        .map_err(|error| LsError::read(&path, error))
}

fn vars(text: &str) -> Result<Map<String, Value>, LsError> {
    let vars: Option<Map<String, Value>> = serde_yaml::from_str(text).map_err(LsError::Vars)?;
    Ok(vars.unwrap_or_default())
}

/// The environment variables for `env_var` in selectors.yml.
struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// Every variable whose name and value are UTF-8.
    fn from_env() -> Self {
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(text).collect(),
        }
    }
}
