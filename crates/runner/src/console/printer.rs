//! Prints to the terminal: lines, and a progress line below them.
//!
//! One thread prints. A terminal (Ctrl-S), pipe or log driver that takes nothing more blocks this thread and no other:
//! the run still hears its timeout, signals and cancellation.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use super::print_queue::{Print, PrintQueue};
use super::printable::printable;
use super::progress::ShownProgress;
use super::progress_line::ProgressLine;

/// Prints lines to stderr, and dbt's data to stdout. Clones print through the same thread.
#[derive(Debug, Clone)]
pub(crate) struct Printer {
    queue: Arc<Printing>,
    pub(crate) coloured: bool,
    pub(crate) quiet: bool,
    /// Whether there is a progress line.
    pub(super) shows_progress: bool,
}

/// The queue of a printing thread, which ends with the last printer.
#[derive(Debug)]
struct Printing(Arc<PrintQueue>);

impl Drop for Printing {
    fn drop(&mut self) {
        self.0.push(Print::End);
    }
}

impl Printer {
    /// A printer for stderr of this process: colour and progress only on a terminal, and no colour if `NO_COLOR` is set.
    pub(crate) fn from_env(quiet: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let queue = Arc::new(PrintQueue::default());
        let taken = Arc::clone(&queue);
        let shows_progress = terminal && !quiet;
        let thread = std::thread::Builder::new()
            .name("printer".to_owned())
            .spawn(move || print(&taken, shows_progress));
        if thread.is_err() {
            queue.close();
        }
        Self {
            queue: Arc::new(Printing(queue)),
            coloured: terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            quiet,
            shows_progress,
        }
    }

    /// Prints a text that may have parts of others, above the progress line. Does not wait.
    pub(crate) fn text(&self, text: &str) {
        self.line(printable(text));
    }

    /// Prints a line that was rendered for the terminal, above the progress line. Does not wait.
    pub(crate) fn line(&self, text: impl Into<String>) {
        self.queue.0.push(Print::Line(text.into()));
    }

    /// Prints a line of the journal: waits while too much is waiting already.
    pub(crate) fn line_in_turn(&self, text: String) {
        self.queue.0.push_in_turn(Print::Line(text));
    }

    /// Prints a line of dbt's data to stdout. Does not wait.
    pub(crate) fn data(&self, line: impl Into<String>) {
        self.queue.0.push(Print::Data(line.into()));
    }

    /// Changes the progress line.
    pub(super) fn progress(&self, shown: ShownProgress) {
        self.queue.0.push_in_turn(Print::Progress(Box::new(shown)));
    }

    /// Removes the progress line.
    pub(crate) fn end_progress(&self) {
        self.queue.0.push(Print::EndProgress);
    }

    /// A writer of whole lines to stderr, for the debug log. What has no room is left out.
    #[cfg(feature = "cli")]
    pub(crate) fn log_writer(&self) -> LogWriter {
        LogWriter(self.clone())
    }

    /// Waits until everything is printed, however long that takes.
    pub(crate) fn wait_until_printed(&self) {
        self.queue.0.wait_until_written();
    }

    /// The number of items that are printed.
    pub(crate) fn printed(&self) -> u64 {
        self.queue.0.written()
    }
}

/// Prints what it is given, a line or several at a time.
#[cfg(feature = "cli")]
#[derive(Debug)]
pub(crate) struct LogWriter(Printer);

#[cfg(feature = "cli")]
impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        self.0.queue.0.push_if_free(Print::Line(text.to_owned()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Prints what comes, until the last printer is dropped. A closed stderr or stdout is not an error: the run continues.
fn print(queue: &PrintQueue, shows_progress: bool) {
    let mut progress = ProgressLine::new();
    loop {
        match queue.take(progress.tick_time()) {
            Some(Print::Line(text)) => progress.above(|| {
                let _ = writeln!(io::stderr(), "{text}");
            }),
            // stdout may be the same terminal.
            Some(Print::Data(line)) => progress.above(|| {
                let _ = writeln!(io::stdout(), "{line}");
            }),
            Some(Print::Progress(shown)) if shows_progress => progress.set(*shown),
            Some(Print::Progress(_)) => {}
            Some(Print::EndProgress) => progress.end(),
            Some(Print::End) => return,
            None => progress.tick(),
        }
    }
}
