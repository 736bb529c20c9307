//! dbt's log levels and their Python numbers.

/// A level of dbt's log, in order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `debug`.
    Debug,
    /// `test`: dbt's own tests; as quiet as debug.
    Test,
    /// `info`; also any level not known.
    Info,
    /// `warn`.
    Warn,
    /// `error`.
    Error,
}

impl Level {
    /// Reads dbt's name of a level, in any case. A level that dbt does not have today counts as [`Level::Info`],
    /// so that its lines are seen.
    pub fn from_name(name: &str) -> Self {
        const NAMES: [(&str, Level); 6] = [
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

    /// The level number of Python's logging: 10 debug, 20 info, 30 warning, 40 error.
    pub const fn number(self) -> u8 {
        match self {
            Level::Debug | Level::Test => 10,
            Level::Info => 20,
            Level::Warn => 30,
            Level::Error => 40,
        }
    }
}
