//! The folders of a run: the project, profiles.yml and the journals.

use std::path::{Path, PathBuf};

use super::process_env::ProcessEnv;
use super::resolved_request::Request;
use crate::dbt::{DbtArgs, Project, find_profiles_dir};
use crate::store::JOURNAL_DIR;

impl Request {
    /// The dbt project; dbt's arguments beat the settings.
    pub(crate) fn project(&self, args: &DbtArgs, cwd: &Path) -> Project {
        let settings = &self.settings;
        let project_dir = args.project_dir.as_ref().or(settings.project_dir.as_ref());
        let target_path = args.target_path.as_ref().or(settings.target_path.as_ref());
        Project::find(
            project_dir.map(PathBuf::as_path),
            target_path.map(PathBuf::as_path),
            cwd,
        )
    }

    /// The folder of profiles.yml; dbt's arguments beat the settings. `None` if nothing names it and there is no home folder.
    pub(crate) fn profiles_dir(&self, args: &DbtArgs, env: &ProcessEnv) -> Option<PathBuf> {
        let given = args.profiles_dir.as_deref();
        let given = given.or(self.settings.profiles_dir.as_deref());
        find_profiles_dir(given, &env.cwd, env.home.as_deref())
    }

    /// The folder of journals and attempt records: the option, else `.prefect-dbt` in the project.
    pub(crate) fn journal_dir_in(&self, project: &Project) -> PathBuf {
        let given = self.journal_dir.clone();
        given.unwrap_or_else(|| project.root.join(JOURNAL_DIR))
    }
}
