//! The levels of dbt's log, and their numbers in Python's logging.

/// A level of dbt's log, in ascending order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a level that is not known counts as one of these"
)]
pub enum Level {
    /// The level `debug`, and `trace` of dbt 2.
    Debug,
    /// The level `test`, which dbt's own tests use. It counts like `debug`.
    Test,
    /// The level `info`, and any level that is not known.
    Info,
    /// The level `warn`.
    Warn,
    /// The level `error`.
    Error,
}

impl Level {
    /// The level with this name, in any letter case. A name that is not known counts as [`Level::Info`], so that its lines are
    /// not lost.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        const NAMES: [(&str, Level); 7] = [
            ("trace", Level::Debug),
            ("debug", Level::Debug),
            ("test", Level::Test),
            ("info", Level::Info),
            ("warn", Level::Warn),
            ("warning", Level::Warn),
            ("error", Level::Error),
        ];
        NAMES
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map_or(Level::Info, |(_, level)| *level)
    }

    /// dbt's name of the level.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Test => "test",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }

    /// The number of the level in Python's logging: 10 debug, 20 info, 30 warning, 40 error.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Level::Debug | Level::Test => 10,
            Level::Info => 20,
            Level::Warn => 30,
            Level::Error => 40,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_of_dbt_2_is_below_info_and_unknown_levels_are_not_lost() {
        assert_eq!(Level::from_name("trace"), Level::Debug);
        assert_eq!(Level::from_name("TRACE").number(), 10);
        assert_eq!(Level::from_name("loud"), Level::Info);
    }
}
