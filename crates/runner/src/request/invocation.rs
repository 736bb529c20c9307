//! What a caller asks for: dbt's arguments, the options, the flow run.

use super::flow_choice::FlowChoice;
use super::options::RunOptions;

/// One run of dbt as a caller asks for it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Invocation {
    /// dbt's arguments, command included.
    pub args: Vec<String>,
    /// How dbt runs and how the run is reported.
    pub options: RunOptions,
    /// The flow run to report to.
    pub flow: FlowChoice,
}

impl Invocation {
    /// dbt with these arguments and no options.
    pub fn new<S: Into<String>>(args: impl IntoIterator<Item = S>) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}
