//! What the user says about repeating a run.

/// What a repetition runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryStrategy {
    /// What did not succeed, by `dbt retry`, where that is known to be right; else everything.
    #[default]
    Auto,
    /// What did not succeed, by `dbt retry`; everything only where `dbt retry` is not possible.
    DbtRetry,
    /// Everything: the original command again.
    Full,
}

impl RetryStrategy {
    /// The strategies by the names that the command line knows them by.
    pub const NAMES: [&str; 3] = ["auto", "dbt-retry", "full"];

    /// The strategy of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let known = [Self::Auto, Self::DbtRetry, Self::Full];
        let index = Self::NAMES.iter().position(|known| *known == name)?;
        Some(known[index])
    }
}
