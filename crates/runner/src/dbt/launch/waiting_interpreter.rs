//! An interpreter that has imported dbt and waits for requests to run it.

use std::fs::File;
use std::io::{IoSlice, Read, Seek};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde::Serialize;

use super::pipes::LaunchText;
use super::program::WAITING;
use super::startup::Startup;

/// An interpreter that has imported dbt, or does so now. It ends when this process ends, or drops this value. A dbt that
/// it has started goes on.
#[derive(Debug)]
pub(in crate::dbt) struct WaitingInterpreter {
    startup: Startup,
    process: Child,
    requests: UnixStream,
    /// What it prints.
    printed: File,
}

/// What an interpreter that waits has to do.
#[derive(Serialize)]
struct Config<'a> {
    script: &'a str,
}

impl WaitingInterpreter {
    /// Starts an interpreter. It waits for the text.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(in crate::dbt) fn start(startup: Startup) -> std::io::Result<(Self, LaunchText)> {
        let script = &startup.script;
        let text = WAITING.text(&Config {
            script: &script.path,
        })?;
        let (source, pipe) = std::io::pipe()?;
        let (requests, theirs) = UnixStream::pair()?;
        let printed = tempfile::tempfile()?;
        let process = Command::new(&script.interpreter.program)
            .args(&script.interpreter.options)
            .arg("/dev/fd/0")
            .env_clear()
            .envs(
                startup
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .stdin(source)
            .stdout(OwnedFd::from(theirs))
            .stderr(printed.try_clone()?)
            // Ctrl-C in the terminal must not reach it.
            .process_group(0)
            .spawn()?;
        let waiting = Self {
            startup,
            process,
            requests,
            printed,
        };
        Ok((waiting, LaunchText::new(pipe, text)))
    }

    /// How it was started.
    pub(in crate::dbt) fn startup(&self) -> &Startup {
        &self.startup
    }

    /// The last line that it has printed: the reason if it has failed.
    pub(in crate::dbt) fn last_line(&self) -> String {
        let mut bytes = Vec::new();
        let mut printed = &self.printed;
        // The file has one position for both processes.
        let read = printed
            .rewind()
            .and_then(|()| printed.read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes);
        let line = read.ok().and_then(|_| text.lines().last());
        line.unwrap_or_default().to_owned()
    }

    /// Whether it is what a dbt with this startup needs.
    pub(in crate::dbt) fn serves(&self, startup: &Startup) -> bool {
        self.startup == *startup
    }

    /// Asks for a dbt that uses these files: standard output and error, events, the text to read, watchdog, reports on the
    /// process.
    ///
    /// # Errors
    /// When the interpreter has ended.
    pub(in crate::dbt) fn request(&self, files: [BorrowedFd<'_>; 6]) -> std::io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(6))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&files));
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        sendmsg(&self.requests, &[IoSlice::new(b"+")], &mut ancillary, flags)?;
        Ok(())
    }
}

impl Drop for WaitingInterpreter {
    fn drop(&mut self) {
        // It may still import dbt, and would wait until that is done.
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            tracing::debug!(%error, "cannot end the interpreter that waits");
        }
    }
}
