//! Finding everything that an invocation needs, before anything is started.

use std::path::{Path, PathBuf};

use dbt_templating::RenderOptions;

use super::preflight;
use crate::dbt::{DbtArgs, DbtCommand, Project, Wanted, child_environment, find_dbt};
use crate::dbt_retry::Guard;
use crate::observe::Observer;
use crate::outcome::{Error, warn_of_wait};
use crate::prefect::flow_run::wait_for_api;
use crate::profiles::{ProfilesError, RenderedProfiles};
use crate::request::{ProcessEnv, Request};
use crate::store::{AttemptRecords, JournalFolder};

/// What an invocation stands on.
pub(super) struct Prepared {
    pub(super) args: DbtArgs,
    pub(super) project: Project,
    /// Journals, and records of attempts beside them; `None` when there is no place for them.
    pub(super) folder: Option<JournalFolder>,
    /// What is known against a `dbt retry` of the user's own.
    pub(super) guard: Option<Guard>,
    dbt: PathBuf,
    profiles: Option<RenderedProfiles>,
    sets_file_level: bool,
}

impl Prepared {
    /// Finds dbt, project and profiles, and renders the latter.
    pub(super) async fn of(request: &Request, observer: &dyn Observer) -> Result<Self, Error> {
        let around = ProcessEnv::from_env()?;
        let args = request.dbt_args();
        let dbt = find_dbt(
            request.dbt.as_deref(),
            &around.cwd,
            around.virtual_env.as_deref(),
            around.path.as_deref(),
        )?;
        let project = request.project(&args, &around.cwd);
        let profiles_dir = request.profiles_dir(&args, &around);
        preflight::check(&args, &project, profiles_dir.as_deref())?;
        let profiles = render_profiles(request, &args, profiles_dir.as_deref(), observer).await?;
        for warning in profiles.iter().flat_map(RenderedProfiles::warnings) {
            observer.on_warning(&warning.to_string());
        }
        let folder = folder_of(request, &args, &project);
        Ok(Self {
            args,
            project,
            folder,
            guard: None,
            dbt,
            profiles,
            sets_file_level: around.sets_file_level,
        })
    }

    /// Looks after a `dbt retry` of the user's own. To be called when no other run can change what it repeats any more.
    pub(super) fn guard_retry(&mut self, request: &Request) {
        let is_ours = request.attempt.original.is_some();
        let Some(folder) = self.folder.as_ref().filter(|_| !is_ours) else {
            return;
        };
        let records = AttemptRecords::beside(folder.dir());
        self.guard = Guard::of(&self.args, &self.project.target, &records);
        let guard = self.guard.as_ref();
        if let Some(better) = guard.and_then(|guard| guard.arguments(&self.args.passed)) {
            self.args.passed = better;
        }
    }

    /// Secrets by the names of the variables that take them to dbt.
    pub(super) fn secrets(&self) -> Vec<(String, String)> {
        let variables = self
            .profiles
            .iter()
            .flat_map(RenderedProfiles::variables)
            .map(|variable| (variable.name.clone(), variable.value.expose().to_owned()));
        variables.collect()
    }

    /// How dbt is called.
    pub(super) fn command(&self, request: &Request) -> DbtCommand {
        let settings = &request.settings;
        let guarded = self.guard.iter().flat_map(Guard::environment);
        DbtCommand {
            program: self.dbt.clone(),
            args: match &self.profiles {
                Some(_) => self.args.without_profiles_dir().to_words(),
                None => self.args.passed.to_words(),
            },
            environment: child_environment(Wanted {
                project_dir: settings.project_dir.as_deref(),
                profiles_dir: self
                    .profiles
                    .as_ref()
                    .map(RenderedProfiles::dir)
                    .or(settings.profiles_dir.as_deref()),
                target_path: settings.target_path.as_deref(),
                sets_file_level: self.args.sets_file_level || self.sets_file_level,
                flags: guarded.chain(request.attempt.environment.clone()).collect(),
                secrets: self.secrets(),
            }),
        }
    }
}

/// Where an invocation's journals are, if there is a place for them.
///
/// # Errors
/// When there is no working directory.
pub(super) fn journal_folder(request: &Request) -> Result<Option<JournalFolder>, Error> {
    let args = request.dbt_args();
    let project = request.project(&args, &ProcessEnv::from_env()?.cwd);
    Ok(folder_of(request, &args, &project))
}

fn folder_of(request: &Request, args: &DbtArgs, project: &Project) -> Option<JournalFolder> {
    let has_folder = args.has_command() && (project.exists || request.journal_dir.is_some());
    has_folder.then(|| JournalFolder::at(request.journal_dir_in(project)))
}

/// Renders profiles.yml, if it refers to Prefect. An engine waits out an outage.
async fn render_profiles(
    request: &Request,
    args: &DbtArgs,
    dir: Option<&Path>,
    observer: &dyn Observer,
) -> Result<Option<RenderedProfiles>, Error> {
    let Some(dir) = dir.filter(|_| args.has_command()) else {
        return Ok(None);
    };
    let client = request.client.as_ref();
    let options =
        RenderOptions::default().missing(request.settings.missing_variables.unwrap_or_default());
    let limit = request.delivery.at_start();
    let rendered = wait_for_api(
        limit,
        async || RenderedProfiles::prepare(dir, client, &options).await,
        ProfilesError::request,
        |error| warn_of_wait(observer, limit, error),
    );
    Ok(rendered.await?)
}
