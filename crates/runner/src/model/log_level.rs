//! Which log lines are kept, by their level.

use super::level::Level;

/// The lowest level of the log lines that are kept: dbt's `--log-level`, and Prefect's `PREFECT_LOGGING_LEVEL`.
///
/// A type of its own beside [`Level`], since no line has the level `none`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LogLevel {
    /// All lines.
    Debug,
    /// All lines but debug lines.
    #[default]
    Info,
    /// Warnings and errors.
    Warn,
    /// Errors.
    Error,
    /// No lines.
    None,
}

impl LogLevel {
    /// Reads the name of a level: dbt's, or one of Python's logging. `None` when it is neither. dbt 2 also has `trace` and `off`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "debug" | "notset" | "test" | "trace" => Self::Debug,
            "info" => Self::Info,
            "warn" | "warning" => Self::Warn,
            "error" => Self::Error,
            "critical" | "fatal" | "none" | "off" => Self::None,
            _ => return None,
        })
    }

    /// Whether lines of this level are kept.
    #[must_use]
    pub fn includes(self, level: Level) -> bool {
        match self {
            Self::Debug => true,
            Self::Info => level >= Level::Info,
            Self::Warn => level >= Level::Warning,
            Self::Error => level >= Level::Error,
            Self::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dbt_2_has_more_names() {
        assert_eq!(LogLevel::from_name("trace"), Some(LogLevel::Debug));
        assert_eq!(LogLevel::from_name("OFF"), Some(LogLevel::None));
    }

    #[test]
    fn a_lowest_level_includes_itself_and_what_is_more_severe() {
        let levels = [Level::Debug, Level::Info, Level::Warning, Level::Error];
        let included = |lowest: LogLevel| {
            levels
                .iter()
                .filter(|level| lowest.includes(**level))
                .count()
        };
        assert_eq!(
            [
                included(LogLevel::Debug),
                included(LogLevel::Info),
                included(LogLevel::Warn),
                included(LogLevel::Error),
                included(LogLevel::None),
            ],
            [4, 3, 2, 1, 0]
        );
    }
}
