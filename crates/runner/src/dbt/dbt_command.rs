//! What to start: the executable, its arguments and its environment.

use std::path::PathBuf;

use super::child_environment::EnvironmentChange;
use super::launch::{LaunchPlan, SharedInterpreter};
use super::watchdog::Aftercare;

/// What to start. Its `Debug` form shows no secret.
#[derive(Debug)]
pub(crate) struct DbtCommand {
    /// The dbt executable.
    pub(crate) program: PathBuf,
    /// The arguments, without the name of the program.
    pub(crate) args: Vec<String>,
    /// Changes to the environment of this process, which dbt inherits. A later change beats an earlier one.
    pub(crate) environment: Vec<EnvironmentChange>,
    /// Further changes that make dbt write its events to standard output, if it is started as it is.
    pub(crate) output: Vec<EnvironmentChange>,
    /// What the launcher is to do; `None` to start dbt as it is.
    pub(crate) launch: Option<LaunchPlan>,
    /// The interpreter that the launcher may share with other dbts.
    pub(crate) interpreter: SharedInterpreter,
    /// What remains to be done if this process is killed.
    pub(crate) aftercare: Aftercare,
}
