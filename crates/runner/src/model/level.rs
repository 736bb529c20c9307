//! The level of one log line.

use dbt_events::Level as DbtLevel;
use serde::{Deserialize, Serialize};

/// The level of a log line, in Prefect's names. It serialises as the number of Python's logging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
#[non_exhaustive]
pub enum Level {
    /// 10.
    Debug,
    /// 20.
    Info,
    /// 30.
    Warning,
    /// 40.
    Error,
    /// 50. dbt has no such level; logs of other flows do.
    Critical,
}

impl Level {
    /// The number of Python's logging: 10 debug, 20 info, 30 warning, 40 error, 50 critical.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Debug => 10,
            Self::Info => 20,
            Self::Warning => 30,
            Self::Error => 40,
            Self::Critical => 50,
        }
    }
}

impl From<u8> for Level {
    /// The highest level whose number is not above this one; debug for numbers below 20.
    fn from(number: u8) -> Self {
        match number {
            0..20 => Self::Debug,
            20..30 => Self::Info,
            30..40 => Self::Warning,
            40..50 => Self::Error,
            50.. => Self::Critical,
        }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.number()
    }
}

impl From<DbtLevel> for Level {
    fn from(level: DbtLevel) -> Self {
        match level {
            DbtLevel::Debug | DbtLevel::Test => Self::Debug,
            DbtLevel::Info => Self::Info,
            DbtLevel::Warn => Self::Warning,
            DbtLevel::Error => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_stored_as_its_number() {
        for (level, number) in [
            (Level::Debug, "10"),
            (Level::Info, "20"),
            (Level::Warning, "30"),
            (Level::Error, "40"),
            (Level::Critical, "50"),
        ] {
            assert_eq!(serde_json::to_string(&level).unwrap(), number);
            assert_eq!(serde_json::from_str::<Level>(number).unwrap(), level);
        }
        assert_eq!(Level::from(25), Level::Info);
    }
}
