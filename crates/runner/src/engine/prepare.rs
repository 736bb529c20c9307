//! Finds everything that an invocation needs, before anything is started.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use dbt_templating::{EnvironmentVariable, RenderOptions};
use tempfile::TempDir;
use uuid::Uuid;

use super::preflight;
use crate::dbt::{
    Aftercare, Capabilities, DbtArgs, DbtCommand, DbtProcess, DbtVersion, EnvironmentOptions,
    LaunchPlan, NotLaunched, PROFILES_FILE, Project, WantedEvents, child_environment, dbt_version,
    find_dbt, forget_version, log_folder_problem, output_environment, read_config_text,
    spare_log_folder, unknown_variables,
};
use crate::dbt_retry::{RetryGuard, ledger_head};
use crate::model::{DbtStart, LogLevel};
use crate::observe::Observer;
use crate::outcome::{Error, warn_of_wait};
use crate::prefect::delivery::LedgerOptions;
use crate::prefect::flow_run::wait_for_api;
use crate::prefect::lock::DatabaseLock;
use crate::profiles::{ProfilesError, RenderedProfiles};
use crate::request::{LedgerMode, ProcessEnv, Request, unset_job};
use crate::selection::{OutputChoice, SelectionFlags};
use crate::store::{AttemptRecords, JournalFolder};

/// What an invocation needs: dbt, the project, the rendered profiles and the folder of journals.
pub(super) struct Prepared {
    /// dbt's arguments.
    pub(super) args: DbtArgs,
    /// The dbt project.
    pub(super) project: Project,
    /// The folder of journals, with the records of attempts. `None` for a command without a project.
    pub(super) folder: Option<JournalFolder>,
    /// Set when the user runs `dbt retry` after a failed run that is on record.
    pub(super) guard: Option<RetryGuard>,
    /// What this dbt does.
    pub(super) capabilities: &'static Capabilities,
    /// Values of dbt's flags, by the names of their variables, that beat those of the environment.
    pub(super) flags: Vec<(String, String)>,
    /// Variables that say what started dbt.
    pub(super) job: Vec<(&'static str, String)>,
    /// What the process environment says.
    env: ProcessEnv,
    /// The dbt executable.
    dbt: PathBuf,
    /// dbt's version, if it is known.
    version: Option<DbtVersion>,
    /// The folder of dbt's log, if dbt cannot write to that of the project.
    logs: Option<TempDir>,
    /// How the launcher starts dbt, or why it does not.
    launch: Result<LaunchPlan, NotLaunched>,
    /// The rendered profiles.yml, if it refers to Prefect.
    profiles: Option<RenderedProfiles>,
    /// No other run with the same lock writes to the database until this is dropped, and the run has released it.
    pub(super) database_lock: Option<DatabaseLock>,
}

impl Prepared {
    /// Finds dbt, the project and profiles.yml, and renders profiles.yml.
    pub(super) async fn of(request: &Request, observer: &dyn Observer) -> Result<Self, Error> {
        let env = ProcessEnv::from_env()?;
        let args = request.dbt_args();
        let dbt = find_dbt(
            request.dbt.as_deref(),
            &env.cwd,
            env.virtual_env.as_deref(),
            env.path.as_deref(),
        )?;
        let project = request.project(&args, &env.cwd);
        let profiles_dir = request.profiles_dir(&args, &env);
        preflight::check(&args, &project, profiles_dir.as_deref())?;
        let places = (&args, &project, profiles_dir.as_deref());
        let profiles = render_profiles(request, places, observer).await?;
        for warning in profiles.iter().flat_map(RenderedProfiles::warnings) {
            observer.on_warning(&warning.to_string());
        }
        let version = version_of(&dbt, &args, &env).await;
        let capabilities = version.as_ref().map(Capabilities::of).unwrap_or_default();
        for name in unknown_variables(capabilities, &env.dbt_variables) {
            observer.on_warning(&format!(
                "dbt does not get the variable {name}: it reserves the prefix DBT_ENGINE_ and would refuse to run; rename it"
            ));
        }
        let logs = spare_log_folder(&args.passed, env.log_path.as_deref(), &project);
        let folder = folder_of(request, &args, &project);
        let events = WantedEvents {
            details: request.settings.level_of(&args) == LogLevel::Debug,
            complete: observer.wants_events(),
            log_file: args.sets_file_level || env.sets_file_level,
        };
        Ok(Self {
            launch: LaunchPlan::new(request.launcher, &dbt, events),
            args,
            project,
            folder,
            guard: None,
            flags: Vec::new(),
            job: Vec::new(),
            capabilities,
            dbt,
            version,
            logs,
            profiles,
            env,
            database_lock: None,
        })
    }

    /// Corrects a `dbt retry` of the user. Must be called when the target folder is locked: no other run may change the
    /// records afterwards.
    pub(super) fn guard_retry(&mut self, request: &Request) {
        let is_retry_of_ours = request.attempt.original.is_some();
        let Some(folder) = self.folder.as_ref().filter(|_| !is_retry_of_ours) else {
            return;
        };
        let records = AttemptRecords::beside(folder.dir());
        self.guard = RetryGuard::of(&self.args, &self.project.target, &records);
        let guard = self.guard.as_ref();
        if let Some(line) = guard.and_then(|guard| guard.arguments(&self.args.passed)) {
            self.args.passed = line;
        }
    }

    /// The variables that pass the secrets of profiles.yml to dbt.
    pub(super) fn secrets(&self) -> &[EnvironmentVariable] {
        let profiles = self.profiles.as_ref();
        profiles.map_or(&[], RenderedProfiles::variables)
    }

    /// Drops what is stored of the version of dbt, if dbt has run as another version.
    pub(super) fn check_version(&self, found: Option<&str>) {
        let (Some(known), Some(found)) = (&self.version, found) else {
            return;
        };
        if known.version != found
            && let Some(cache) = &self.env.cache
        {
            forget_version(&self.dbt, cache);
        }
    }

    /// Which output of profiles.yml dbt uses, if that is known.
    pub(super) fn output_choice(&self, request: &Request) -> Option<OutputChoice> {
        output_choice(request, &self.project)
    }

    /// The profiles.yml that dbt reads.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn profiles_text(&self, request: &Request) -> Result<String, String> {
        let original = request.profiles_dir(&self.args, &self.env);
        let rendered = self.profiles.as_ref().map(RenderedProfiles::dir);
        let dir = rendered.or(original.as_deref());
        let path = dir.unwrap_or(&self.env.cwd).join(PROFILES_FILE);
        read_config_text(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    }

    /// The ledger of the attempt, if it is to have one. It needs the version of dbt.
    pub(super) fn ledger(&self, request: &Request, run_id: Uuid) -> Option<LedgerOptions> {
        let is_required = match request.ledger {
            LedgerMode::Off => return None,
            LedgerMode::Auto => false,
            LedgerMode::Prefect => true,
        };
        let head = ledger_head(request, &self.project, self.version.as_ref()?, run_id)?;
        Some(LedgerOptions { head, is_required })
    }

    /// How dbt is started.
    pub(super) fn start(&self, process: &DbtProcess) -> DbtStart {
        match &self.launch {
            Ok(_) if process.is_forked => DbtStart::Forked,
            Ok(_) => DbtStart::Launcher,
            Err(why) => DbtStart::Plain(why.to_string()),
        }
    }

    /// Why dbt cannot write its log, if that is so.
    pub(super) fn log_folder_problem(&self) -> Option<String> {
        if self.logs.is_some() {
            return None;
        }
        let variable = self.env.log_path.as_deref();
        log_folder_problem(&self.args.passed, variable, &self.project, &self.env.cwd)
    }

    fn temporary_folders(&self) -> Vec<PathBuf> {
        let profiles = self.profiles.as_ref().map(RenderedProfiles::dir);
        let logs = self.logs.as_ref().map(TempDir::path);
        let folders = profiles.into_iter().chain(logs);
        folders.map(Path::to_owned).collect()
    }

    /// The state that the environment names.
    pub(super) fn state(&self) -> Option<String> {
        self.env.state.clone()
    }

    /// What to start. `lock` is the lock on the target folder.
    pub(super) fn command(&self, request: &Request, lock: Option<OwnedFd>) -> DbtCommand {
        let settings = &request.settings;
        let of_guard = self.guard.iter().flat_map(RetryGuard::environment);
        DbtCommand {
            program: self.dbt.clone(),
            args: match &self.profiles {
                Some(_) => self.args.without_profiles_dir().to_words(),
                None => self.args.passed.to_words(),
            },
            environment: child_environment(EnvironmentOptions {
                capabilities: self.capabilities,
                inherited: &self.env.dbt_variables,
                log_path: self.logs.as_ref().map(TempDir::path),
                invocation_id: request.attempt.invocation_id,
                project_dir: settings.project_dir.as_deref(),
                profiles_dir: self
                    .profiles
                    .as_ref()
                    .map(RenderedProfiles::dir)
                    .or(settings.profiles_dir.as_deref()),
                target_path: settings.target_path.as_deref(),
                flags: of_guard
                    .chain(request.attempt.environment.clone())
                    .chain(self.flags.clone())
                    .collect(),
                job: unset_job::from_env(self.job.clone())
                    .into_iter()
                    .chain(request.held_locks())
                    .collect(),
                secrets: self.secrets().to_vec(),
            }),
            output: output_environment(
                self.capabilities,
                self.args.sets_file_level || self.env.sets_file_level,
            ),
            launch: self.launch.clone().ok(),
            interpreter: request.interpreter.clone(),
            aftercare: Aftercare {
                lock,
                folders: self.temporary_folders(),
            },
        }
    }
}

/// The version of dbt, if it runs a command. If it is not known, dbt is taken for a current dbt 1.
async fn version_of(dbt: &Path, args: &DbtArgs, env: &ProcessEnv) -> Option<DbtVersion> {
    if !args.has_command() {
        return None;
    }
    let version = dbt_version(dbt, env.cache.as_deref()).await;
    version
        .inspect_err(|problem| tracing::debug!(problem, "the version of dbt is not known"))
        .ok()
}

/// The folder of an invocation's journals. `None` for a command without a project.
///
/// # Errors
/// When the working directory cannot be read.
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
    (args, project, dir): (&DbtArgs, &Project, Option<&Path>),
    observer: &dyn Observer,
) -> Result<Option<RenderedProfiles>, Error> {
    let Some(dir) = dir.filter(|_| args.has_command()) else {
        return Ok(None);
    };
    let client = request.client.as_ref();
    let options =
        RenderOptions::default().missing(request.settings.missing_variables.unwrap_or_default());
    let choice = output_choice(request, project);
    let limit = request.delivery.at_start();
    let rendered = wait_for_api(
        limit,
        || RenderedProfiles::prepare_for(dir, client, choice.as_ref(), &options),
        ProfilesError::request,
        |error| warn_of_wait(observer, limit, error),
    );
    Ok(rendered.await?)
}

/// Which output of profiles.yml dbt uses; `None` if that is not known. `dbt retry` uses that of the run that it retries.
fn output_choice(request: &Request, project: &Project) -> Option<OutputChoice> {
    let line = request.original_line();
    let is_known = line.command() != "retry";
    let flags = is_known.then(|| SelectionFlags::from_env(line))?;
    OutputChoice::of(project, &flags).ok()
}

#[cfg(test)]
mod tests {
    use dbt_templating::{Block, Resolved, Template};

    use super::*;
    use crate::request::Invocation;

    #[test]
    fn the_debug_form_of_what_dbt_is_started_with_shows_no_secret() {
        let source = "shop: '{{ prefect.blocks.database.shop.password }}'\n";
        let template = Template::parse("profiles.yml", source).unwrap();
        let block = Block::new(serde_json::json!({ "password": "hunter2" }));
        let block = block.secret_fields(["password"]);
        let resolved = Resolved::new().block("database", "shop", block);
        let profiles = RenderedProfiles::render(&template, &resolved, &RenderOptions::default());
        let request = Request::resolved(Invocation::new(["build"]));
        let args = request.dbt_args();
        let prepared = Prepared {
            project: request.project(&args, Path::new("/")),
            args,
            folder: None,
            guard: None,
            flags: Vec::new(),
            job: Vec::new(),
            capabilities: Default::default(),
            version: None,
            logs: None,
            dbt: "dbt".into(),
            launch: Err(NotLaunched::Off),
            profiles: profiles.unwrap(),
            database_lock: None,
            env: ProcessEnv::from_env().unwrap(),
        };
        let secrets: Vec<_> = prepared.secrets().iter().collect();
        assert_eq!(secrets[0].value.expose(), "hunter2");
        let command = prepared.command(&request, None);
        let debug = format!("{secrets:?} {:?} {command:?}", prepared.profiles);
        assert!(debug.contains(&secrets[0].name), "{debug}");
        assert!(!debug.contains("hunter2"), "{debug}");
    }
}
