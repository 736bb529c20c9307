//! Collects the facts, and runs the checks.

use std::path::{Path, PathBuf};

use dbt_templating::RenderOptions;
use prefect_client::{Client, Settings, SettingsError};

use super::folders::{Folder, Otherwise};
use super::profiles::{ProfileChoice, check_profile, check_references};
use super::report::{Check, DoctorReport};
use super::{api, dbt, engine, folders, launcher, packages, project};
use crate::dbt::{
    DbtVersion, LaunchPlan, Launcher, PROFILES_FILE, PROJECT_FILE, Project, WantedEvents,
    ask_version_by, find_dbt, find_profiles_dir, is_writable, read_config,
};
use crate::model::error_chain;
use crate::outcome::Error;
use crate::profiles::RenderedProfiles;
use crate::request::{PrefectDbtSettings, ProcessEnv, launcher_choice};

/// What to check.
#[derive(Debug, Default)]
#[non_exhaustive]
pub(crate) struct DoctorOptions {
    /// The dbt executable; searched for if not given.
    pub dbt: Option<PathBuf>,
    /// Whether the launcher may start dbt.
    pub launcher: Option<Launcher>,
    /// The folders of the project and of profiles.yml.
    pub settings: PrefectDbtSettings,
    /// The profile, instead of `profile` of dbt_project.yml.
    pub profile: Option<String>,
    /// The target, instead of `target` of the profile.
    pub target: Option<String>,
}

impl DoctorOptions {
    /// The options from the environment: [`PrefectDbtSettings::from_env`], `PREFECT_DBT_LAUNCHER`, `DBT_PROFILE` and
    /// `DBT_TARGET`.
    ///
    /// # Errors
    /// As [`PrefectDbtSettings::from_env`].
    pub(crate) fn from_env() -> Result<Self, Error> {
        let get = |name: &str| {
            ["DBT_ENGINE_", "DBT_"]
                .iter()
                .filter_map(|prefix| std::env::var_os(format!("{prefix}{name}")))
                .find(|value| !value.is_empty())
                .map(|value| value.to_string_lossy().into_owned())
        };
        Ok(Self {
            dbt: None,
            launcher: launcher_choice::from_env()?,
            settings: PrefectDbtSettings::from_env()?,
            profile: get("PROFILE"),
            target: get("TARGET"),
        })
    }
}

/// Checks everything that a run needs: dbt, the project, its profile, and Prefect with the settings `prefect`.
///
/// Starts `dbt --version`, sends a few requests to the API, and changes nothing.
///
/// # Errors
/// When the working directory does not exist. What would make a run fail is a [`Check`], not an error.
pub(crate) async fn examine(
    options: &DoctorOptions,
    prefect: Result<Settings, SettingsError>,
) -> Result<DoctorReport, Error> {
    let around = ProcessEnv::from_env()?;
    let configured = prefect
        .as_ref()
        .ok()
        .filter(|settings| settings.api_url.is_some());
    let client = configured.map(api::client).transpose();
    let reachable = client.as_ref().ok().and_then(Option::as_ref);

    let ((dbt_checks, version), answers) = tokio::join!(examine_dbt(options, &around), async {
        match reachable {
            Some(client) => Some(api::ask(client).await),
            None => None,
        }
    });
    let (project_check, project) = examine_project(options, &around, version.as_ref());
    let mut checks = dbt_checks;
    checks.extend(version.as_ref().map(engine::check));
    checks.push(project_check);
    checks.extend(examine_folders(options, &around));
    let choice = ProfileChoice {
        profile: options
            .profile
            .clone()
            .or_else(|| project.and_then(|project| project.profile)),
        target: options.target.clone(),
    };
    checks.extend(examine_profiles(options, &around, reachable, &choice, version.as_ref()).await);

    checks.push(api::check_settings(prefect.as_ref()));
    if let (Some(client), Some(answers)) = (reachable, &answers) {
        let settings = client.settings();
        let has_credentials = settings.api_key.is_some() || settings.auth_string.is_some();
        let url = client.api_url().to_string();
        checks.extend(api::check_answers(&url, has_credentials, answers));
    } else if prefect.is_ok() {
        checks.push(api::check_no_client(client.as_ref().err()));
    }
    Ok(DoctorReport::new(checks))
}

async fn examine_dbt(
    options: &DoctorOptions,
    around: &ProcessEnv,
) -> (Vec<Check>, Option<DbtVersion>) {
    let found = find_dbt(
        options.dbt.as_deref(),
        &around.cwd,
        around.virtual_env.as_deref(),
        around.path.as_deref(),
    );
    match found {
        Ok(path) => {
            let events = WantedEvents::default();
            let launch = LaunchPlan::new(options.launcher.unwrap_or_default(), &path, events);
            let plain = launch.as_ref().err().cloned();
            let (version, note) = match ask_version_by(&path, launch.ok()).await {
                Ok((version, note)) => (Ok(version), note),
                Err(problem) => (Err(problem), String::new()),
            };
            let check = dbt::check(&path, &version);
            let launcher = launcher::check(version.as_ref().ok(), plain.as_ref(), &note);
            (vec![check, launcher], version.ok())
        }
        Err(error) => {
            let advice = "install dbt, or give its path with --dbt or PREFECT_DBT_EXECUTABLE";
            let check = Check::problem("dbt", error_chain(&error), advice);
            (vec![check], None)
        }
    }
}

fn examine_project(
    options: &DoctorOptions,
    around: &ProcessEnv,
    version: Option<&DbtVersion>,
) -> (Check, Option<project::ProjectFile>) {
    let settings = &options.settings;
    let given = settings.project_dir.as_deref();
    let found = Project::find(given, settings.target_path.as_deref(), &around.cwd);
    let file = found.root.join(PROJECT_FILE);
    let bytes = read_config(&file).map_err(|_| found.not_found());
    let (check, read) = project::check(&file, bytes.as_deref(), version);
    let check = match found.exists {
        true => check.detail("target_path", found.target.display().to_string()),
        false => check,
    };
    (check, read)
}

/// Checks where a run writes, and what it needs in the folder of the project.
fn examine_folders(options: &DoctorOptions, around: &ProcessEnv) -> Vec<Check> {
    let settings = &options.settings;
    let given = settings.project_dir.as_deref();
    let project = Project::find(given, settings.target_path.as_deref(), &around.cwd);
    if !project.exists {
        return Vec::new();
    }
    let chosen = around.log_path.as_ref();
    let logs = match chosen {
        Some(path) => around.cwd.join(path),
        None => project.root.join("logs"),
    };
    let folder = |holds, path: PathBuf, otherwise| Folder {
        is_writable: is_writable(&path.join("file")),
        holds,
        path,
        otherwise,
    };
    let folders = [
        folder(
            "artifacts",
            project.target.clone(),
            Otherwise::Fails(
                "make it writable, or choose another with --target-path or DBT_TARGET_PATH",
            ),
        ),
        folder(
            "logs",
            logs,
            match chosen {
                Some(_) => {
                    Otherwise::Fails("make it writable, or choose another with DBT_LOG_PATH")
                }
                None => Otherwise::GoesOn("dbt gets a temporary folder"),
            },
        ),
        folder(
            "journals",
            project.root.join(".prefect-dbt"),
            Otherwise::GoesOn("the journal stays in memory, and is lost with the process"),
        ),
    ];
    let mut checks = vec![folders::check(&folders)];
    checks.extend(examine_packages(&project));
    checks
}

fn examine_packages(project: &Project) -> Option<Check> {
    let read = |name| Some((name, fs_err::read(project.root.join(name)).ok()?));
    let files: Vec<_> = packages::FILES.into_iter().filter_map(read).collect();
    let folder = &project.packages;
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let installed = entries.filter(|entry| entry.path().is_dir()).count();
    packages::check(&files, folder, installed)
}

async fn examine_profiles(
    options: &DoctorOptions,
    around: &ProcessEnv,
    client: Option<&Client>,
    choice: &ProfileChoice,
    version: Option<&DbtVersion>,
) -> Vec<Check> {
    let given = options.settings.profiles_dir.as_deref();
    let why = match given {
        Some(_) => "given by option or environment variable",
        None if around.cwd.join(PROFILES_FILE).is_file() => "found in the working directory",
        None => "found in ~/.dbt",
    };
    let Some(dir) = find_profiles_dir(given, &around.cwd, around.home.as_deref()) else {
        return vec![check_profile(
            Path::new("~/.dbt/profiles.yml"),
            why,
            None,
            choice,
            version,
        )];
    };
    let file = dir.join(PROFILES_FILE);
    let Ok(source) = read_config(&file) else {
        return vec![check_profile(&file, why, None, choice, version)];
    };
    let render =
        RenderOptions::default().missing(options.settings.missing_variables.unwrap_or_default());
    let rendered = RenderedProfiles::prepare(&dir, client, &render).await;
    let mut checks = vec![check_references(&rendered)];
    let bytes = match &rendered {
        Ok(None) => Some(source),
        Ok(Some(rendered)) => fs_err::read(rendered.dir().join(PROFILES_FILE)).ok(),
        // Without the values of the references, profile and target are unknown.
        Err(_) => None,
    };
    if let Some(bytes) = bytes {
        checks.push(check_profile(&file, why, Some(&bytes), choice, version));
    }
    checks
}
