//! Settings of dbt that the runner uses.

use std::ffi::OsString;
use std::path::PathBuf;

use dbt_templating::Missing;

use super::error::RequestError;
use crate::dbt::DbtArgs;
use crate::model::LogLevel;

/// Settings of dbt that the runner uses: folders and log levels. The names are those of Prefect's Python package.
///
/// A field that is `None` is unset: the environment sets it when the run starts, else it has the default that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrefectDbtSettings {
    /// The folder of the dbt project (`DBT_PROJECT_DIR`). Default: the nearest folder with a dbt_project.yml, from the
    /// working directory upwards.
    pub project_dir: Option<PathBuf>,
    /// The folder of profiles.yml (`DBT_PROFILES_DIR`). Default: the working directory if it holds the file, else `~/.dbt`.
    pub profiles_dir: Option<PathBuf>,
    /// Where dbt writes its artifacts (`DBT_TARGET_PATH`), relative to the project. Default: the target path in
    /// dbt_project.yml, else `target`.
    pub target_path: Option<PathBuf>,
    /// The lowest level of dbt's log lines (`DBT_LOG_LEVEL`). Default: Prefect's level.
    pub log_level: Option<LogLevel>,
    /// Prefect's own level (`PREFECT_LOGGING_LEVEL`). `log_level` can hide more lines, not fewer. Default: info.
    pub prefect_log_level: Option<LogLevel>,
    /// What a reference in profiles.yml to a missing Prefect variable is: an error, or, as in Prefect's Python package, an
    /// empty text. Default: an error.
    pub missing_variables: Option<Missing>,
}

impl PrefectDbtSettings {
    /// Reads the settings from the environment: `DBT_*` variables, and Prefect's logging level from Prefect's settings
    /// (environment, profile or file). As in dbt, `DBT_ENGINE_*` variables (dbt 1.11) beat `DBT_*`, and empty variables count
    /// as unset. `DBT_DEBUG` and `DBT_QUIET` count as levels, and beat `DBT_LOG_LEVEL`.
    ///
    /// # Errors
    /// When `DBT_LOG_LEVEL` is not the name of a level.
    pub fn from_env() -> Result<Self, RequestError> {
        let level = prefect_client::Settings::from_env()
            .ok()
            .and_then(|settings| LogLevel::from_name(&settings.logging_level));
        Self::from_variables(|name| std::env::var_os(name), level.unwrap_or_default())
    }

    fn from_variables(
        variable: impl Fn(&str) -> Option<OsString>,
        prefect_log_level: LogLevel,
    ) -> Result<Self, RequestError> {
        let get = |name: &str| {
            ["DBT_ENGINE_", "DBT_"]
                .iter()
                .filter_map(|prefix| variable(&format!("{prefix}{name}")))
                .find(|value| !value.is_empty())
        };
        let is_on = |name: &str| get(name).is_some_and(|value| is_true(&value.to_string_lossy()));
        let named = match get("LOG_LEVEL") {
            Some(value) => {
                let value = value.to_string_lossy();
                Some(
                    LogLevel::from_name(&value)
                        .ok_or_else(|| RequestError::LogLevel(value.into()))?,
                )
            }
            None => None,
        };
        let log_level = match (is_on("QUIET"), is_on("DEBUG")) {
            (true, _) => named.max(Some(LogLevel::Error)),
            (false, true) => Some(LogLevel::Debug),
            (false, false) => named,
        };
        Ok(Self {
            project_dir: get("PROJECT_DIR").map(PathBuf::from),
            profiles_dir: get("PROFILES_DIR").map(PathBuf::from),
            target_path: get("TARGET_PATH").map(PathBuf::from),
            log_level,
            prefect_log_level: Some(prefect_log_level),
            missing_variables: None,
        })
    }

    /// Sets the folder of the dbt project.
    #[must_use]
    pub fn with_project_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.project_dir = Some(dir.into());
        self
    }

    /// Sets the folder of profiles.yml.
    #[must_use]
    pub fn with_profiles_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.profiles_dir = Some(dir.into());
        self
    }

    /// Sets the folder where dbt writes its artifacts, relative to the project.
    #[must_use]
    pub fn with_target_path(mut self, dir: impl Into<PathBuf>) -> Self {
        self.target_path = Some(dir.into());
        self
    }

    /// Sets the lowest level of dbt's log lines.
    #[must_use]
    pub fn with_log_level(mut self, level: LogLevel) -> Self {
        self.log_level = Some(level);
        self
    }

    /// Sets Prefect's own level.
    #[must_use]
    pub fn with_prefect_log_level(mut self, level: LogLevel) -> Self {
        self.prefect_log_level = Some(level);
        self
    }

    /// Sets what a reference in profiles.yml to a missing Prefect variable is.
    #[must_use]
    pub fn with_missing_variables(mut self, missing: Missing) -> Self {
        self.missing_variables = Some(missing);
        self
    }

    /// These settings, completed with those of `defaults` where a field is unset.
    #[must_use]
    pub fn or(self, defaults: Self) -> Self {
        Self {
            project_dir: self.project_dir.or(defaults.project_dir),
            profiles_dir: self.profiles_dir.or(defaults.profiles_dir),
            target_path: self.target_path.or(defaults.target_path),
            log_level: self.log_level.or(defaults.log_level),
            prefect_log_level: self.prefect_log_level.or(defaults.prefect_log_level),
            missing_variables: self.missing_variables.or(defaults.missing_variables),
        }
    }

    /// The lowest level of log lines that is shown: the higher one of dbt's and Prefect's.
    #[must_use]
    pub fn effective_log_level(&self) -> LogLevel {
        let prefect = self.prefect_log_level.unwrap_or_default();
        self.log_level.map_or(prefect, |level| level.max(prefect))
    }

    /// The lowest level of log lines of a command with these arguments, which beat the settings.
    pub(crate) fn level_of(&self, args: &DbtArgs) -> LogLevel {
        let settings = Self {
            log_level: args.log_level.or(self.log_level),
            ..self.clone()
        };
        let level = settings.effective_log_level();
        match args.quiet {
            true => level.max(LogLevel::Error),
            false => level,
        }
    }
}

/// Whether dbt reads the value of a variable as true.
fn is_true(value: &str) -> bool {
    let words = ["1", "true", "t", "yes", "y", "on"];
    words
        .iter()
        .any(|word| value.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_level_of_dbt_and_prefect_wins() {
        let settings = |dbt, prefect| PrefectDbtSettings {
            log_level: dbt,
            prefect_log_level: Some(prefect),
            ..PrefectDbtSettings::default()
        };
        let effective = |dbt, prefect| settings(dbt, prefect).effective_log_level();
        assert_eq!(effective(None, LogLevel::Warn), LogLevel::Warn);
        assert_eq!(
            effective(Some(LogLevel::Debug), LogLevel::Info),
            LogLevel::Info
        );
        assert_eq!(
            effective(Some(LogLevel::Error), LogLevel::Info),
            LogLevel::Error
        );
        assert_eq!(
            effective(Some(LogLevel::Debug), LogLevel::Debug),
            LogLevel::Debug
        );
    }

    fn from(variables: &[(&str, &str)]) -> Result<PrefectDbtSettings, RequestError> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        PrefectDbtSettings::from_variables(|name| Some(find(name)?.1.into()), LogLevel::Warn)
    }

    #[test]
    fn variables_set_their_settings_and_the_engine_prefix_wins() {
        let settings = from(&[
            ("DBT_PROJECT_DIR", "shop"),
            ("DBT_PROFILES_DIR", "old"),
            ("DBT_ENGINE_PROFILES_DIR", "new"),
            ("DBT_TARGET_PATH", "out"),
            ("DBT_ENGINE_TARGET_PATH", ""),
            ("DBT_LOG_LEVEL", "ERROR"),
        ])
        .unwrap();
        let expected = PrefectDbtSettings::default()
            .with_project_dir("shop")
            .with_profiles_dir("new")
            .with_target_path("out")
            .with_log_level(LogLevel::Error)
            .with_prefect_log_level(LogLevel::Warn);
        assert_eq!(settings, expected);
    }

    #[test]
    fn without_variables_the_level_is_prefects() {
        let settings = from(&[("DBT_LOG_LEVEL", ""), ("DBT_PROJECT_DIR", "")]).unwrap();
        let expected = PrefectDbtSettings::default().with_prefect_log_level(LogLevel::Warn);
        assert_eq!(settings, expected);
        assert_eq!(settings.effective_log_level(), LogLevel::Warn);
    }

    #[test]
    fn quiet_and_debug_are_levels() {
        let level = |variables: &[(&str, &str)]| from(variables).unwrap().log_level;
        let warn = ("DBT_LOG_LEVEL", "warn");
        assert_eq!(level(&[warn, ("DBT_QUIET", "1")]), Some(LogLevel::Error));
        assert_eq!(
            level(&[warn, ("DBT_ENGINE_DEBUG", "True")]),
            Some(LogLevel::Debug)
        );
        assert_eq!(
            level(&[warn, ("DBT_QUIET", "0"), ("DBT_DEBUG", "false")]),
            Some(LogLevel::Warn)
        );
        let none = ("DBT_LOG_LEVEL", "none");
        assert_eq!(level(&[none, ("DBT_QUIET", "1")]), Some(LogLevel::None));
    }

    #[test]
    fn an_unknown_level_is_an_error() {
        let error = from(&[("DBT_LOG_LEVEL", "loud")]).unwrap_err();
        assert!(error.to_string().contains("`loud`"), "{error}");
    }

    #[test]
    fn levels_have_the_names_of_dbt_and_python() {
        assert_eq!(LogLevel::from_name("WARNING"), Some(LogLevel::Warn));
        assert_eq!(LogLevel::from_name("none"), Some(LogLevel::None));
        assert_eq!(LogLevel::from_name("loud"), None);
    }
}
