//! An up-to-date manifest of the project.

use std::path::PathBuf;
use std::sync::Arc;

use dbt_manifest::Manifest;

use super::manifest_freshness::has_same_settings;
use super::project_files::may_have_changed;
use crate::dbt::{DbtArgs, PROFILES_FILE, Project, read_manifest, read_run_results, written_at};
use crate::engine::parse_project;
use crate::model::Stopper;
use crate::request::{ProcessEnv, Request};
use crate::selection::SelectionFlags;

/// Where the project and its profiles.yml are.
pub(super) struct ProjectManifest {
    pub(super) project: Project,
    /// The folder of profiles.yml.
    pub(super) profiles_dir: Option<PathBuf>,
}

impl ProjectManifest {
    pub(super) fn of(request: &Request, args: &DbtArgs) -> Result<Self, crate::outcome::Error> {
        let env = ProcessEnv::from_env()?;
        Ok(Self {
            project: request.project(args, &env.cwd),
            profiles_dir: request.profiles_dir(args, &env),
        })
    }

    /// The manifest of this invocation if dbt has written it already, else the one in the target folder if it is up to date,
    /// else the one that `dbt parse` writes.
    pub(super) async fn read_or_parse(
        &self,
        request: &Request,
        may_parse: bool,
        flags: &SelectionFlags,
        stopper: &Stopper,
    ) -> Result<Arc<Manifest>, String> {
        let target = &self.project.target;
        if let Some(id) = request.attempt.invocation_id {
            return read_manifest(target, Some(&id.to_string()));
        }
        if let Ok(manifest) = read_manifest(target, None)
            && self.is_up_to_date(&manifest, flags)
        {
            return Ok(manifest);
        }
        if !may_parse {
            return Err("manifest.json is out of date, and `dbt parse` is disabled".to_owned());
        }
        parse_project(request, stopper).await?;
        read_manifest(target, None)
    }

    /// Whether the manifest is what dbt would write now.
    ///
    /// It is if the last run that wrote it had the same variables, target and profile, if it is newer than each file and
    /// folder of the project, and if no file reads environment variables, whose values are recorded nowhere.
    pub(super) fn is_up_to_date(&self, manifest: &Manifest, flags: &SelectionFlags) -> bool {
        let Project { root, target, .. } = &self.project;
        let profiles = self.profiles_dir.as_ref();
        let profiles = profiles.map(|dir| dir.join(PROFILES_FILE));
        let Some(written) = written_at(manifest) else {
            return false;
        };
        read_run_results(target, |_| false)
            .is_some_and(|results| has_same_settings(manifest, &results, flags))
            && !may_have_changed(root, target, profiles.as_deref(), written)
    }
}
