//! The one form in which every command shows an error.

use std::error::Error as StdError;
use std::fmt;

use super::ls::LsError;
use super::man::ManError;
use super::report::PageError;
use crate::console::printable;
use crate::deploy::DeployError;
use crate::model::{error_messages, exit_codes};
use crate::outcome::{Error, error_text};
use crate::prefect::flow_run::ReportError;
use crate::replay::ReplayError;
use crate::sweep::SweepError;
use prefect_client::TransportKind;

/// An error that ends a command. `Display` is what people read:
///
/// ```text
/// error: cannot report to flow run 0199 at http://127.0.0.1:4200/api
///   caused by: GET http://127.0.0.1:4200/api/flow_runs/0199 failed
///   caused by: connection refused (os error 111)
///
/// hint: check PREFECT_API_URL, and that the Prefect server is running
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrorReport {
    /// What failed, then the causes.
    messages: Vec<String>,
    /// What to do.
    hint: Option<String>,
    /// The exit code of the command.
    pub(super) exit_code: u8,
}

impl ErrorReport {
    fn new(error: &dyn StdError, hint: Option<String>, exit_code: u8) -> Self {
        Self {
            messages: error_messages(error),
            hint,
            exit_code,
        }
    }

    /// The error of `invoke`, where dbt was not started. `can_create` is whether the run could be reported to a new flow run
    /// instead of the given one.
    pub(super) fn of_invoke(error: &Error, can_create: bool) -> Self {
        let mut report = Self::from(error);
        if let Error::Report(ReportError::Unreachable { source, .. }) = error {
            let is_refused = source.transport_kind() == Some(TransportKind::ConnectionRefused);
            let help = report.hint.map(|help| match is_refused && can_create {
                true => format!("{help}, or leave out --flow-run-id; "),
                false => format!("{help}; "),
            });
            let help = help.unwrap_or_default();
            report.hint = Some(format!("{help}dbt was not started"));
        }
        report
    }

    /// The error and its causes in one line, for programs; the hint is for people.
    pub(super) fn chain(&self) -> String {
        self.messages.join(": ")
    }
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = error_text(&self.messages, self.hint.as_deref());
        write!(f, "error: {}", printable(&text))
    }
}

impl From<&Error> for ErrorReport {
    fn from(error: &Error) -> Self {
        Self::new(error, error.help(), error.exit_code())
    }
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<DeployError> for ErrorReport {
    fn from(error: DeployError) -> Self {
        Self::new(&error, error.help(), error.exit_code())
    }
}

impl From<&ReplayError> for ErrorReport {
    fn from(error: &ReplayError) -> Self {
        Self::new(error, error.help(), error.exit_code())
    }
}

impl From<ReplayError> for ErrorReport {
    fn from(error: ReplayError) -> Self {
        Self::from(&error)
    }
}

impl From<SweepError> for ErrorReport {
    fn from(error: SweepError) -> Self {
        Self::new(&error, error.help(), exit_codes::NO_PREFECT)
    }
}

impl From<LsError> for ErrorReport {
    fn from(error: LsError) -> Self {
        Self::new(&error, error.help(), exit_codes::CANNOT_RUN)
    }
}

impl From<ManError> for ErrorReport {
    fn from(error: ManError) -> Self {
        Self::new(&error, Some(error.help()), exit_codes::CANNOT_RUN)
    }
}

impl From<PageError> for ErrorReport {
    fn from(error: PageError) -> Self {
        Self::new(&error, error.help(), exit_codes::CANNOT_RUN)
    }
}
