//! What a dbt in a fork of a waiting interpreter has to do.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::PipeReader;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt;

use serde::Serialize;

use super::pipes::LaunchText;
use super::plan::{EventConfig, LaunchPlan};
use crate::dbt::child_environment::EnvironmentChange;

/// What a dbt in a fork has to do. It reads it from a pipe: only that dbt sees its arguments and its secrets.
pub(in crate::dbt) struct ForkRequest {
    source: PipeReader,
    text: LaunchText,
}

/// The text. Each byte of an argument or a variable is a character.
#[derive(Serialize)]
struct Config {
    #[serde(flatten)]
    events: EventConfig,
    args: Vec<String>,
    environment: Vec<(String, String)>,
}

impl ForkRequest {
    /// A request to run dbt with these arguments, and the environment of this process with these changes.
    ///
    /// # Errors
    /// When the system has no more files.
    pub(crate) fn from_env(
        plan: &LaunchPlan,
        args: &[String],
        changes: &[EnvironmentChange],
    ) -> std::io::Result<Self> {
        let text = Config {
            events: EventConfig::of(plan.events),
            args: args.iter().map(|arg| characters(arg.as_bytes())).collect(),
            environment: changed(std::env::vars_os().collect(), changes),
        };
        let text = serde_json::to_string(&text)?;
        let (source, pipe) = std::io::pipe()?;
        Ok(Self {
            source,
            text: LaunchText::new(pipe, text),
        })
    }

    /// The file that dbt reads.
    pub(in crate::dbt) fn source(&self) -> BorrowedFd<'_> {
        self.source.as_fd()
    }

    /// The text that dbt waits for.
    pub(in crate::dbt) fn text(self) -> LaunchText {
        self.text
    }
}

/// An environment after these changes.
fn changed(
    mut variables: BTreeMap<OsString, OsString>,
    changes: &[EnvironmentChange],
) -> Vec<(String, String)> {
    for change in changes {
        let (name, value) = change.parts();
        match value {
            Some(value) => variables.insert(name.into(), value.to_owned()),
            None => variables.remove(name),
        };
    }
    let characters = |value: OsString| characters(&value.into_vec());
    let variables = variables.into_iter();
    variables
        .map(|(name, value)| (characters(name), characters(value)))
        .collect()
}

fn characters(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_that_of_this_process_with_its_changes() {
        let variable = |name: &str, value: &[u8]| (name.into(), OsString::from_vec(value.to_vec()));
        let variables = BTreeMap::from([
            variable("A", b"old"),
            variable("B", b"gone"),
            variable("C", b"not \xff UTF-8"),
        ]);
        let changes = [
            EnvironmentChange::Set("A".to_owned(), "new".into()),
            EnvironmentChange::Remove("B".to_owned()),
            EnvironmentChange::Set("D".to_owned(), "ü".into()),
        ];
        let expected = [("A", "new"), ("C", "not ÿ UTF-8"), ("D", "\u{c3}\u{bc}")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(changed(variables, &changes), expected);
    }
}
