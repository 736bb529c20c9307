//! The pipes between this process and the launcher: one with its text, one for dbt's events.

use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::process::Command;

use super::plan::LaunchPlan;
use crate::dbt::child_environment::EnvironmentChange;

/// The pipes of a launcher that has not started. Its text is in no file, which others could change, and in no command line.
pub(in crate::dbt) struct LaunchPipes<'a> {
    /// The end of the text that Python reads.
    source: PipeReader,
    /// The end of the events that dbt writes.
    events: &'a PipeWriter,
    /// Where to write the text to, once Python has started.
    text: LaunchText,
}

/// A text that Python waits for.
pub(in crate::dbt) struct LaunchText {
    pipe: PipeWriter,
    text: String,
}

impl<'a> LaunchPipes<'a> {
    /// Opens the pipes. `events` is the end of the events that dbt writes, `plain` the environment for a start without the
    /// launcher.
    ///
    /// # Errors
    /// When the system has no more files.
    pub(in crate::dbt) fn open(
        plan: &LaunchPlan,
        events: &'a PipeWriter,
        plain: &[EnvironmentChange],
    ) -> std::io::Result<Self> {
        let (source, pipe) = std::io::pipe()?;
        let text = plan.text((source.as_raw_fd(), events.as_raw_fd()), plain)?;
        Ok(Self {
            source,
            events,
            text: LaunchText::new(pipe, text),
        })
    }

    /// The command that runs the launcher with the arguments of dbt.
    pub(in crate::dbt) fn command(&self, plan: &LaunchPlan, args: &[String]) -> Command {
        let interpreter = &plan.script.interpreter;
        let mut command = Command::new(&interpreter.program);
        command
            .args(&interpreter.options)
            .arg(format!("/dev/fd/{}", self.source.as_raw_fd()))
            .args(args);
        command
    }

    /// The files that the process inherits.
    pub(in crate::dbt) fn inherited(&self) -> Vec<RawFd> {
        vec![self.source.as_raw_fd(), self.events.as_raw_fd()]
    }

    /// The text that the process, which has started, waits for.
    pub(in crate::dbt) fn started(self) -> LaunchText {
        self.text
    }
}

impl LaunchText {
    pub(super) fn new(pipe: PipeWriter, text: String) -> Self {
        Self { pipe, text }
    }

    /// Writes the text. Waits for Python if the pipe is small.
    pub(in crate::dbt) fn send(mut self) {
        if let Err(error) = self.pipe.write_all(self.text.as_bytes()) {
            tracing::debug!(%error, "Python does not read the launcher");
        }
    }
}
