//! The messages of the channel: JSON objects, one a line, each with its `type`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cli::json_result::ResultObject;
use crate::hooks::{DbtHookContext, HookEvent};
use crate::model::{Level, StopCause};

/// The version of the channel. It is raised when a message is removed or changes its meaning, not when one is added.
pub(super) const VERSION: u32 = 1;

/// A message of the program that started us.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    /// The first message.
    Hello(Hello),
    /// A hook has returned.
    HookDone {
        /// The number of the call.
        call: u64,
    },
    /// Stop the run.
    Stop {
        /// Why.
        cause: Cause,
    },
    /// A message of a newer package.
    #[serde(other)]
    Unknown,
}

/// What the program asks for.
#[derive(Debug, Deserialize)]
pub(super) struct Hello {
    /// The version of the channel that it speaks.
    pub(super) version: u32,
    /// Whether the run is reported to Prefect. If not, Prefect only gives the values that profiles.yml refers to.
    pub(super) report: bool,
    /// The hooks to call, by their place in this list.
    #[serde(default)]
    pub(super) hooks: Vec<HookRequest>,
}

/// A hook of the program.
#[derive(Debug, Deserialize)]
pub(super) struct HookRequest {
    pub(super) event: HookName,
    /// Its name in warnings.
    pub(super) name: String,
    pub(super) select: Option<String>,
}

/// The events that hooks of the program can have.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum HookName {
    RunStart,
    PostModel,
    RunEnd,
}

impl From<HookName> for HookEvent {
    fn from(name: HookName) -> Self {
        match name {
            HookName::RunStart => Self::RunStart,
            HookName::PostModel => Self::PostModel,
            HookName::RunEnd => Self::RunEnd,
        }
    }
}

/// Why the program stops the run.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cause {
    Interrupt,
    Terminate,
    Cancel,
    Timeout,
}

impl From<Cause> for StopCause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Interrupt => Self::Interrupt,
            Cause::Terminate => Self::Terminate,
            Cause::Cancel => Self::Cancel,
            Cause::Timeout => Self::Timeout,
        }
    }
}

/// A message to the program that started us.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    /// The answer to the first message.
    Hello {
        version: u32,
        /// The version of this program.
        program: &'a str,
    },
    /// A log line.
    Log {
        at: Timestamp,
        /// The number of Python's logging.
        level: Level,
        /// The name of the task run; `null` for a line about the flow run.
        task: Option<&'a str>,
        /// The id of the task run.
        task_run_id: Option<Uuid>,
        message: &'a str,
    },
    /// Call a hook, and answer with `hook_done`.
    Hook {
        call: u64,
        /// Its place in the list of hooks.
        hook: usize,
        context: &'a DbtHookContext,
    },
    /// The run is over. The last message.
    Result { result: &'a ResultObject },
}

impl Outgoing<'_> {
    /// The line to send.
    pub(super) fn to_line(&self) -> String {
        let mut line = serde_json::to_string(self).unwrap_or_else(|error| {
            tracing::error!(%error, "cannot write a message");
            "{}".to_owned()
        });
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_line_makes_the_reader_panic(line in ".*") {
            let _ = serde_json::from_str::<Incoming>(&line);
        }

        #[test]
        fn a_message_is_one_line(text in any::<String>()) {
            let log = Outgoing::Log { at: Timestamp::UNIX_EPOCH, level: Level::Info, task: None, task_run_id: None, message: &text };
            let line = log.to_line();
            prop_assert_eq!(line.lines().count(), 1);
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(read["message"].as_str().unwrap(), text);
        }
    }

    #[test]
    fn messages_of_newer_packages_are_ignored() {
        let newer = serde_json::from_str(r#"{"type":"dance","step":1}"#);
        assert!(matches!(newer.unwrap(), Incoming::Unknown));
    }

    #[test]
    fn a_log_line_has_the_level_of_python() {
        let log = Outgoing::Log {
            at: Timestamp::UNIX_EPOCH,
            level: Level::Warning,
            task: Some("model a"),
            task_run_id: Some(Uuid::nil()),
            message: "late",
        };
        let expected = r#"{"type":"log","at":"1970-01-01T00:00:00Z","level":30,"task":"model a","task_run_id":"00000000-0000-0000-0000-000000000000","message":"late"}"#;
        assert_eq!(log.to_line().trim_end(), expected);
    }
}
