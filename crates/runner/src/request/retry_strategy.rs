//! What a retry runs.

/// What a retry of a failed run runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryStrategy {
    /// `dbt retry` of the nodes that did not succeed, if these are known; else the whole command.
    #[default]
    Auto,
    /// `dbt retry` even if nodes that had not started may be missing; the whole command only if `dbt retry` is impossible.
    DbtRetry,
    /// The whole command.
    Full,
}

impl RetryStrategy {
    /// The names of the strategies on the command line.
    pub const NAMES: [&str; 3] = ["auto", "dbt-retry", "full"];

    /// The strategy with this name; `None` for an unknown name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let strategies = [Self::Auto, Self::DbtRetry, Self::Full];
        let index = Self::NAMES.iter().position(|known| *known == name)?;
        Some(strategies[index])
    }
}
