//! One run of dbt: dbt's arguments, the options, the flow run.

use super::flow_choice::FlowChoice;
use super::options::RunOptions;

/// One run of dbt: its arguments, the options of the run, and the flow run to report to.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Invocation {
    /// dbt's arguments with the command, without the name of the program.
    pub args: Vec<String>,
    /// How dbt runs and how the run is reported.
    pub options: RunOptions,
    /// The flow run to report to.
    pub flow: FlowChoice,
}

impl Invocation {
    /// Runs dbt with these arguments. All options have their defaults.
    pub fn new<S: Into<String>>(args: impl IntoIterator<Item = S>) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}
