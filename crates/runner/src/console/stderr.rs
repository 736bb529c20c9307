//! The console of a Rust program.

use super::printer::Printer;

/// A console that shows runs as the command line does, see
/// [`PrefectDbtRunnerBuilder::console`](crate::PrefectDbtRunnerBuilder::console). Clones print on the same thread.
#[derive(Debug, Clone)]
pub struct Console(Printer);

impl Console {
    /// A console on stderr of this process; dbt's data (the results of `ls`, `show` and `compile`) goes to stdout. Colours and
    /// the progress line need a terminal; there are no colours if `NO_COLOR` is set, and no progress line without the feature
    /// `cli`.
    ///
    /// One thread prints. If stderr takes nothing more, neither dbt nor the report to Prefect waits for it.
    #[must_use]
    pub fn stderr() -> Self {
        Self(Printer::from_env(false))
    }

    /// What prints.
    pub(crate) fn printer(&self) -> &Printer {
        &self.0
    }
}
