//! Settings of dbt that have an effect here.

use std::path::PathBuf;

/// Settings of dbt that have an effect here, with the names that Prefect's Python package gives them.
///
/// What is `None` is dbt's own default, or what the environment of the process says to dbt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrefectDbtSettings {
    /// The dbt project (`DBT_PROJECT_DIR`); else the nearest folder with a dbt_project.yml, from the working directory
    /// upwards.
    pub project_dir: Option<PathBuf>,
    /// The folder of profiles.yml (`DBT_PROFILES_DIR`); else the working directory if it has one, else `~/.dbt`.
    pub profiles_dir: Option<PathBuf>,
    /// Where dbt writes its artifacts (`DBT_TARGET_PATH`), relative to the project; else what the project says, else
    /// `target`.
    pub target_path: Option<PathBuf>,
    /// Lowest level of dbt's log lines (`DBT_LOG_LEVEL`); else Prefect's.
    pub log_level: Option<LogLevel>,
    /// Prefect's own level (`PREFECT_LOGGING_LEVEL`), which `log_level` can only tighten.
    pub prefect_log_level: LogLevel,
}

/// A lowest level of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What people want to read.
    #[default]
    Info,
    /// Warnings and errors.
    Warn,
    /// Errors.
    Error,
    /// Nothing.
    None,
}

impl LogLevel {
    /// Reads the name of a level: dbt's, or one of Python's logging. `None` when it is neither.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "debug" | "notset" | "test" => Self::Debug,
            "info" => Self::Info,
            "warn" | "warning" => Self::Warn,
            "error" => Self::Error,
            "critical" | "fatal" | "none" => Self::None,
            _ => return None,
        })
    }

    /// The number of Python's logging; 60, above all of them, for nothing.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Debug => 10,
            Self::Info => 20,
            Self::Warn => 30,
            Self::Error => 40,
            Self::None => 60,
        }
    }
}

impl PrefectDbtSettings {
    /// The settings that `DBT_*` variables of the process give. Empty variables count as unset, as in dbt.
    #[must_use]
    pub fn from_env() -> Self {
        let get = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            project_dir: get("DBT_PROJECT_DIR").map(PathBuf::from),
            profiles_dir: get("DBT_PROFILES_DIR").map(PathBuf::from),
            target_path: get("DBT_TARGET_PATH").map(PathBuf::from),
            log_level: get("DBT_LOG_LEVEL")
                .and_then(|value| LogLevel::from_name(&value.to_string_lossy())),
            prefect_log_level: LogLevel::default(),
        }
    }

    /// The same for this project.
    #[must_use]
    pub fn with_project_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.project_dir = Some(dir.into());
        self
    }

    /// The same with profiles.yml in this folder.
    #[must_use]
    pub fn with_profiles_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.profiles_dir = Some(dir.into());
        self
    }

    /// The same with artifacts in this folder.
    #[must_use]
    pub fn with_target_path(mut self, dir: impl Into<PathBuf>) -> Self {
        self.target_path = Some(dir.into());
        self
    }

    /// The same with this lowest level of dbt's log lines.
    #[must_use]
    pub fn with_log_level(mut self, level: LogLevel) -> Self {
        self.log_level = Some(level);
        self
    }

    /// The same with this level of Prefect's.
    #[must_use]
    pub fn with_prefect_log_level(mut self, level: LogLevel) -> Self {
        self.prefect_log_level = level;
        self
    }

    /// The lowest level of log lines that is shown: the more restrictive of dbt's and Prefect's.
    #[must_use]
    pub fn effective_log_level(&self) -> LogLevel {
        self.log_level.map_or(self.prefect_log_level, |level| {
            level.max(self.prefect_log_level)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dbts_level_can_only_tighten_prefects() {
        let settings = |dbt, prefect| PrefectDbtSettings {
            log_level: dbt,
            prefect_log_level: prefect,
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

    #[test]
    fn levels_have_dbts_and_pythons_names() {
        assert_eq!(LogLevel::from_name("WARNING"), Some(LogLevel::Warn));
        assert_eq!(LogLevel::from_name("none"), Some(LogLevel::None));
        assert_eq!(LogLevel::from_name("loud"), None);
    }
}
