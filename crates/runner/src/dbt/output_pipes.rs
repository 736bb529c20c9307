//! The pipes for what dbt writes.

use std::io::{PipeReader, PipeWriter};

/// Where dbt writes.
#[derive(Debug)]
pub(super) struct OutputPipes {
    pub(super) stdout: PipeWriter,
    pub(super) stderr: PipeWriter,
    /// Where the launcher writes dbt's events.
    pub(super) events: PipeWriter,
}

/// Where what dbt writes arrives.
pub(super) struct Output {
    pub(super) stdout: PipeReader,
    pub(super) stderr: PipeReader,
    pub(super) events: PipeReader,
}

impl OutputPipes {
    /// Opens the pipes.
    ///
    /// # Errors
    /// When the system has no more files.
    pub(super) fn open() -> std::io::Result<(Output, Self)> {
        let (stdout_end, stdout) = std::io::pipe()?;
        let (stderr_end, stderr) = std::io::pipe()?;
        let (events_end, events) = std::io::pipe()?;
        let output = Output {
            stdout: stdout_end,
            stderr: stderr_end,
            events: events_end,
        };
        Ok((
            output,
            Self {
                stdout,
                stderr,
                events,
            },
        ))
    }
}
