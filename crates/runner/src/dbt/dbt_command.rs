//! What to start: the executable, its arguments and its environment.

use std::path::PathBuf;

use super::child_environment::EnvironmentChange;
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
    /// What remains to be done if this process is killed.
    pub(crate) aftercare: Aftercare,
}
