//! A dbt that runs in a fork of an interpreter that waits.

use std::io::{BufRead, BufReader, Error, ErrorKind, Result};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Pid;

use super::dbt_command::DbtCommand;
use super::launch::{ForkRequest, LaunchText};
use super::output_pipes::OutputPipes;
use super::watchdog::Watchdog;

/// A dbt that an interpreter was asked for. It is not our child: its parent reports on it, and reaps it when this value is
/// dropped.
pub(super) struct ForkedDbt {
    reports: BufReader<UnixStream>,
    /// The text of the interpreter, if it has just been started.
    interpreter: Option<LaunchText>,
}

impl ForkedDbt {
    /// Asks the interpreter of a command for a dbt. Returns also the text that dbt waits for, to be sent when it runs. `None`
    /// if dbt has to start anew.
    pub(super) fn ask(
        command: &DbtCommand,
        pipes: &OutputPipes,
        watchdog: &Watchdog,
    ) -> Option<(Self, LaunchText)> {
        let asked = Self::try_ask(command, pipes, watchdog);
        asked.unwrap_or_else(|error| {
            tracing::debug!(%error, "cannot ask for a fork");
            None
        })
    }

    fn try_ask(
        command: &DbtCommand,
        pipes: &OutputPipes,
        watchdog: &Watchdog,
    ) -> Result<Option<(Self, LaunchText)>> {
        // Without a watchdog, nothing would stop dbt if this process were killed: it is not its parent.
        let (Some(plan), Some(watchdog)) = (&command.launch, watchdog.pipe()) else {
            return Ok(None);
        };
        if !command.interpreter.is_of_use() {
            return Ok(None);
        }
        let request = ForkRequest::from_env(plan, &command.args, &command.environment)?;
        let (reports, theirs) = UnixStream::pair()?;
        let asked = command.interpreter.request(
            plan,
            [
                pipes.stdout.as_fd(),
                pipes.stderr.as_fd(),
                pipes.events.as_fd(),
                request.source(),
                watchdog,
                theirs.as_fd(),
            ],
        );
        let forked = asked.map(|interpreter| Self {
            reports: BufReader::new(reports),
            interpreter,
        });
        Ok(forked.map(|forked| (forked, request.text())))
    }

    /// The connection on which the start is awaited: closing it ends the wait, and dbt.
    pub(super) fn awaited(&self) -> Option<UnixStream> {
        self.reports.get_ref().try_clone().ok()
    }

    /// Waits until dbt's process leads its group: its id.
    ///
    /// # Errors
    /// When the interpreter cannot start dbt, or the connection was closed.
    pub(super) fn started(&mut self) -> Result<Pid> {
        if let Some(text) = self.interpreter.take() {
            text.send();
        }
        let id = self.reported()?;
        Pid::from_raw(id).ok_or_else(|| ErrorKind::InvalidData.into())
    }

    /// Waits until dbt has ended. `None` if its parent was killed.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.reported().ok().map(ExitStatus::from_raw)
    }

    /// The number that is reported next.
    fn reported(&mut self) -> Result<i32> {
        let mut line = String::new();
        self.reports.read_line(&mut line)?;
        let number = line.trim_end().parse();
        number.map_err(|_| Error::new(ErrorKind::UnexpectedEof, "no report on dbt's process"))
    }
}
