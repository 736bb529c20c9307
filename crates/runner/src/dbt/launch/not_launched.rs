//! Why the launcher does not start dbt.

use thiserror::Error;

/// Why the launcher does not start dbt, which then starts as it is. The text follows `not used: `.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum NotLaunched {
    /// The user's choice.
    #[error("it is off")]
    Off,
    /// The executable cannot be read.
    #[error("cannot read {path}: {problem}")]
    Unreadable {
        /// The executable.
        path: String,
        /// The error of the operating system.
        problem: String,
    },
    /// The executable is not a script, such as dbt 2.
    #[error("{0} is not a script")]
    NotAScript(String),
    /// The script has another interpreter than Python, such as a shim of pyenv.
    #[error("{0} is not a script of Python")]
    NotPython(String),
    /// The script does something else than starting dbt Core, such as a wrapper.
    #[error("{script} is not the console script of dbt Core: `{line}`")]
    OtherScript {
        /// The script.
        script: String,
        /// The first line that such a script does not have.
        line: String,
    },
    /// The path of the script cannot be passed on.
    #[error("the path of dbt is not UTF-8")]
    PathNotUtf8,
    /// The system has no names for open files.
    #[error("this system has no /dev/fd")]
    NoFileNames,
}
