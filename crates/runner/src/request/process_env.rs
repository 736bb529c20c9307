//! What an invocation takes from the process that it runs in.

use std::ffi::OsString;
use std::path::PathBuf;

use super::error::RequestError;
use crate::dbt::InheritedVariable;

/// What an invocation takes from the process that it runs in.
#[derive(Debug, Clone)]
pub(crate) struct ProcessEnv {
    /// The working directory, which dbt inherits.
    pub(crate) cwd: PathBuf,
    /// The user's home folder (`HOME`).
    pub(crate) home: Option<PathBuf>,
    /// The active virtual environment (`VIRTUAL_ENV`).
    pub(crate) virtual_env: Option<OsString>,
    /// The folders of programs (`PATH`).
    pub(crate) path: Option<OsString>,
    /// dbt's log folder, if the environment names one.
    pub(crate) log_path: Option<PathBuf>,
    /// Whether the environment sets the level of dbt's own log file (`DBT_LOG_LEVEL_FILE`).
    pub(crate) sets_file_level: bool,
    /// The variables whose name begins with `DBT_`.
    pub(crate) dbt_variables: Vec<InheritedVariable>,
    /// The folder of the state to compare with and to defer to (`DBT_STATE`).
    pub(crate) state: Option<String>,
    /// Where this program stores what it can ask again (`XDG_CACHE_HOME`, else `.cache` in the home folder).
    pub(crate) cache: Option<PathBuf>,
}

impl ProcessEnv {
    /// Reads the environment of this process. Empty variables count as unset.
    ///
    /// # Errors
    /// When the working directory cannot be read.
    pub(crate) fn from_env() -> Result<Self, RequestError> {
        let get = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = get("HOME").map(PathBuf::from);
        let cache = get("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(home.as_ref()?.join(".cache")));
        Ok(Self {
            cwd: std::env::current_dir().map_err(RequestError::NoWorkingDirectory)?,
            cache: cache.map(|folder| folder.join("prefect-dbt")),
            home,
            virtual_env: get("VIRTUAL_ENV"),
            path: get("PATH"),
            log_path: get("DBT_ENGINE_LOG_PATH")
                .or_else(|| get("DBT_LOG_PATH"))
                .map(PathBuf::from),
            sets_file_level: get("DBT_LOG_LEVEL_FILE")
                .or_else(|| get("DBT_ENGINE_LOG_LEVEL_FILE"))
                .is_some(),
            state: get("DBT_STATE").and_then(|state| state.into_string().ok()),
            dbt_variables: std::env::vars_os().filter_map(dbt_variable).collect(),
        })
    }
}

fn dbt_variable((name, value): (OsString, OsString)) -> Option<InheritedVariable> {
    let name = name.into_string().ok()?;
    name.starts_with("DBT_").then(|| InheritedVariable {
        name,
        is_empty: value.is_empty(),
    })
}

/// The flow run that this process was started for.
pub(crate) mod inherited {
    use uuid::Uuid;

    /// The variable that names the flow run.
    pub(crate) const FLOW_RUN_ID: &str = "PREFECT__FLOW_RUN_ID";

    /// The flow run in `PREFECT__FLOW_RUN_ID`, if the variable holds a UUID.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    pub(crate) fn from_env() -> Option<Uuid> {
        std::env::var(FLOW_RUN_ID).ok()?.trim().parse().ok()
    }
}

/// The dbt executable that the environment names.
pub(crate) mod dbt_executable {
    use std::path::PathBuf;

    /// The path in `PREFECT_DBT_EXECUTABLE`, if it is set.
    pub(crate) fn from_env() -> Option<PathBuf> {
        std::env::var_os("PREFECT_DBT_EXECUTABLE")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    }
}

/// Whether the launcher may start dbt, as the environment says.
pub(crate) mod launcher_choice {
    use crate::dbt::Launcher;
    use crate::request::error::RequestError;

    /// The choice in `PREFECT_DBT_LAUNCHER`, if it is set.
    ///
    /// # Errors
    /// When it is not the name of a choice.
    pub(crate) fn from_env() -> Result<Option<Launcher>, RequestError> {
        let value = std::env::var_os("PREFECT_DBT_LAUNCHER").filter(|value| !value.is_empty());
        let Some(value) = value else { return Ok(None) };
        let value = value.to_string_lossy();
        match Launcher::from_name(&value) {
            Some(choice) => Ok(Some(choice)),
            None => Err(RequestError::Launcher(value.into())),
        }
    }
}

/// The database lock, as the environment says.
pub(crate) mod lock_choice {
    use crate::request::error::RequestError;
    use crate::request::lock_options::LockMode;

    /// The choice in `PREFECT_DBT_LOCK`, if it is set.
    ///
    /// # Errors
    /// When it cannot be the name of a lock.
    pub(crate) fn from_env() -> Result<Option<LockMode>, RequestError> {
        let value = std::env::var_os("PREFECT_DBT_LOCK").filter(|value| !value.is_empty());
        let Some(value) = value else { return Ok(None) };
        let value = value.to_string_lossy();
        match LockMode::from_text(&value) {
            Some(mode) => Ok(Some(mode)),
            None => Err(RequestError::Lock(value.into())),
        }
    }
}

/// The database locks that a process holds which has started this one: a run that waited for one of them would wait for ever.
pub(crate) mod held_locks {
    /// The variable that names them, one a line.
    pub(crate) const VARIABLE: &str = "PREFECT_DBT_LOCKS_HELD";

    /// Their names.
    pub(crate) fn from_env() -> Vec<String> {
        let names = std::env::var_os(VARIABLE).unwrap_or_default();
        names.to_string_lossy().lines().map(str::to_owned).collect()
    }

    /// The variable for a process that this one starts, which holds these locks itself. `None` if there are none.
    pub(crate) fn with(inherited: &[String], own: Vec<String>) -> Option<(&'static str, String)> {
        let mut names = inherited.to_vec();
        names.extend(own);
        (!names.is_empty()).then(|| (VARIABLE, names.join("\n")))
    }
}

/// The variables that say what started dbt, but for those that the environment has.
pub(crate) mod unset_job {
    /// Those of `variables` that are not set, or empty: what the user says counts.
    pub(crate) fn from_env(variables: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
        let is_unset = |name: &str| std::env::var_os(name).is_none_or(|value| value.is_empty());
        let unset = variables.into_iter().filter(|(name, _)| is_unset(name));
        unset.collect()
    }
}
