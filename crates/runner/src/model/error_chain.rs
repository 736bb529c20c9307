//! An error and its causes as text.

use std::error::Error;

/// The messages of an error and of each of its causes, outermost first. No error of this workspace repeats its cause.
pub(crate) fn error_messages(error: &dyn Error) -> Vec<String> {
    std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect()
}

/// The same in one line: `cannot start dbt: permission denied`.
pub(crate) fn error_chain(error: &dyn Error) -> String {
    error_messages(error).join(": ")
}
