//! Whether runs that write to the same database and schema wait for each other.

use std::time::Duration;

use super::options::RunOptions;

/// The database lock of a run that writes: runs with the same lock never run at the same time, on any host. It is the lease
/// of a concurrency limit of Prefect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockMode {
    /// No lock.
    #[default]
    Off,
    /// A lock for the target: named by a hash of adapter, host or account, database and schema.
    Auto,
    /// The concurrency limit of this name. It is created with one slot if it does not exist.
    Named(String),
}

impl LockMode {
    /// The mode that a text means: `off`, `auto`, or the name of a limit. `None` for a text that cannot be such a name.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        // The server refuses these characters in names.
        let is_invalid = text.trim() != text || text.contains(['/', '%', '&', '<', '>']);
        match text {
            "off" => Some(Self::Off),
            "auto" => Some(Self::Auto),
            "" => None,
            _ if is_invalid => None,
            name => Some(Self::Named(name.to_owned())),
        }
    }
}

/// What a run does when its database lock is lost, because its lease could not be renewed in time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockLost {
    /// A warning, and dbt goes on.
    #[default]
    Warn,
    /// dbt is stopped, and the run ends Failed.
    Stop,
}

impl LockLost {
    /// The names on the command line.
    pub const NAMES: [&str; 2] = ["warn", "stop"];

    /// The choice with this name; `None` for an unknown name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let choices = [Self::Warn, Self::Stop];
        let index = Self::NAMES.iter().position(|known| *known == name)?;
        Some(choices[index])
    }
}

/// The lock of a run, resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LockOptions {
    pub(crate) mode: LockMode,
    /// The longest time to wait for it; `None` without a limit.
    pub(crate) timeout: Option<Duration>,
    pub(crate) lost: LockLost,
    /// Locks that a process holds which has started this one, and waits for it.
    pub(crate) inherited: Vec<String>,
}

impl LockOptions {
    pub(super) fn of(options: &RunOptions) -> Self {
        Self {
            mode: options.lock.clone().unwrap_or_default(),
            timeout: options.lock_timeout,
            lost: options.lock_lost.unwrap_or_default(),
            inherited: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_off_automatic_or_named() {
        assert_eq!(LockMode::from_text("off"), Some(LockMode::Off));
        assert_eq!(LockMode::from_text("auto"), Some(LockMode::Auto));
        let named = LockMode::Named("shop prod".to_owned());
        assert_eq!(LockMode::from_text("shop prod"), Some(named));
        for invalid in ["", " ", "a/b", "a ", "50%", "a&b", "<a>"] {
            assert_eq!(LockMode::from_text(invalid), None, "{invalid}");
        }
    }
}
