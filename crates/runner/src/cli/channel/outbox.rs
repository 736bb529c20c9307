//! What is sent over the channel. One thread writes: a program that does not read blocks this thread and those that wait
//! in turn, never dbt.

use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::message::Outgoing;

/// Messages that wait for the writer.
const WAITING: usize = 256;

/// Sends messages. Clones send over the same channel.
#[derive(Debug, Clone)]
pub(super) struct Outbox(SyncSender<Option<String>>);

impl Outbox {
    /// Starts the writer. It ends after [`end`](Self::end), or when the other side is gone.
    pub(super) fn open(
        mut to: impl Write + Send + 'static,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (sender, lines) = sync_channel::<Option<String>>(WAITING);
        let writer = std::thread::Builder::new()
            .name("channel-writer".to_owned())
            .spawn(move || {
                while let Ok(Some(line)) = lines.recv() {
                    if let Err(error) = to.write_all(line.as_bytes()) {
                        tracing::debug!(%error, "the program that started this run has ended");
                        return;
                    }
                }
            })?;
        Ok((Self(sender), writer))
    }

    /// Sends a message; waits while too many are waiting. Returns whether the other side can still read it.
    pub(super) fn send(&self, message: &Outgoing<'_>) -> bool {
        self.0.send(Some(message.to_line())).is_ok()
    }

    /// Ends the writer, once it has written what is waiting. A hook that was abandoned may still hold a sender.
    pub(super) fn end(&self) {
        // The writer may have ended already.
        let _ = self.0.send(None);
    }

    /// Sends a message if there is room; never waits.
    pub(super) fn send_if_free(&self, message: &Outgoing<'_>) {
        if self.0.try_send(Some(message.to_line())).is_err() {
            tracing::debug!("a message has no room in the channel");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    /// A hello with this program name.
    fn hello(program: &str) -> Outgoing<'_> {
        Outgoing::Hello {
            version: 1,
            program,
        }
    }

    #[test]
    fn a_reader_that_does_not_read_blocks_no_notice() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let (outbox, writer) = Outbox::open(ours).unwrap();
        let long = "x".repeat(10_000);
        for _ in 0..2 * WAITING {
            outbox.send_if_free(&hello(&long));
        }
        let ender = std::thread::spawn(move || outbox.end());
        let mut read = String::new();
        theirs.read_to_string(&mut read).unwrap();
        writer.join().unwrap();
        ender.join().unwrap();
        let lines = read.lines().count();
        assert!((WAITING..2 * WAITING).contains(&lines), "{lines}");
    }

    #[test]
    fn sending_to_a_program_that_ended_returns() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let (outbox, writer) = Outbox::open(ours).unwrap();
        while outbox.send(&hello("a")) {}
        writer.join().unwrap();
    }
}
