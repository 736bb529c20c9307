//! Reads the inputs of a selection: project, manifest, selectors, state and the project's files.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dbt_manifest::{Manifest, RunResults, Sources};
use dbt_selector::{Listing, ProjectFiles, State};
use serde::Deserialize;

use super::args::LsArgs;
use super::disk::DiskFiles;
use super::error::{Cause, LsError};
use crate::dbt::{PROJECT_FILE, Project, find_profiles_dir};
use crate::request::ProcessEnv;
use crate::selection::{SelectionFlags, SelectorsFile};

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

/// The project given by flag, otherwise the working directory or the nearest folder above it that is one.
///
/// # Errors
/// There is no project and no manifest is given, or dbt_project.yml cannot be read.
pub(super) fn project(args: &LsArgs, here: &Path) -> Result<Project, LsError> {
    let project = Project::find(
        args.project_dir.as_deref(),
        args.target_path.as_deref(),
        here,
    );
    if !project.exists && args.manifest.is_none() {
        return Err(project.not_found().into());
    }
    match &project.problem {
        Some(problem) => Err(LsError::read(
            &project.root.join(PROJECT_FILE),
            problem.as_str(),
        )),
        None => Ok(project),
    }
}

/// The file with the selectors: the one given by flag, otherwise the project's selectors.yml if it has one.
///
/// # Errors
/// `--vars` is not a YAML mapping.
pub(super) fn selectors_file(
    args: &LsArgs,
    project: &Project,
    process: &ProcessEnv,
) -> Result<SelectorsFile, LsError> {
    let flags = SelectionFlags {
        vars: Some(args.vars.clone()),
        profile: args.profile.clone(),
        target: args.target.clone(),
        ..SelectionFlags::default()
    };
    let profiles_dir = args.profiles_dir.as_deref();
    let profiles_dir = find_profiles_dir(profiles_dir, &process.cwd, process.home.as_deref());
    let mut file = SelectorsFile::of(project, &flags, profiles_dir).map_err(LsError::Vars)?;
    if let Some(path) = &args.selectors {
        file.path.clone_from(path);
        file.must_exist = true;
    }
    Ok(file)
}

/// The artifacts in the `--state` folder, and the current sources.json.
///
/// # Errors
/// A file exists and cannot be read.
pub(super) fn state(args: &LsArgs, project: &Project) -> Result<State, LsError> {
    let mut state = State::default();
    state.now = SystemTime::now();
    state.compares_unrendered = project.flags.state_modified_compare_more_unrendered_values;
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
    let on_disk = project.exists || args.project_dir.is_some();
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
