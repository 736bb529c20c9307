//! Prints to the terminal: lines, and a progress line below them.
//!
//! One thread prints. A terminal (Ctrl-S), pipe or log driver that takes nothing more blocks this thread and no other:
//! the run still hears its timeout, signals and cancellation.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::print_queue::{Print, PrintQueue};

/// The time between two steps of the spinner.
const TICK: Duration = Duration::from_millis(200);

/// Prints lines to stderr, and dbt's data to stdout. Clones print through the same thread.
#[derive(Debug, Clone)]
pub(super) struct Printer {
    queue: Arc<PrintQueue>,
    pub(super) coloured: bool,
    pub(super) quiet: bool,
}

impl Printer {
    /// A printer for stderr of this process: colour and progress only on a terminal, and no colour if `NO_COLOR` is set.
    pub(super) fn from_env(quiet: bool) -> Self {
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
            queue,
            coloured: terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            quiet,
        }
    }

    /// Prints a line, above the progress line. Does not wait.
    pub(super) fn line(&self, text: impl Into<String>) {
        self.queue.push(Print::Line(text.into()));
    }

    /// Prints a line of the journal: waits while too much is waiting already.
    pub(super) fn line_in_turn(&self, text: String) {
        self.queue.push_in_turn(Print::Line(text));
    }

    /// Prints a line of dbt's data to stdout. Does not wait.
    pub(super) fn data(&self, line: impl Into<String>) {
        self.queue.push(Print::Data(line.into()));
    }

    /// Changes the progress line.
    pub(super) fn progress(&self, text: String) {
        self.queue.push_in_turn(Print::Progress(text));
    }

    /// Removes the progress line.
    pub(super) fn end_progress(&self) {
        self.queue.push(Print::EndProgress);
    }

    /// A writer of whole lines to stderr, for the debug log. What has no room is left out.
    pub(super) fn log_writer(&self) -> LogWriter {
        LogWriter(self.clone())
    }

    /// Waits until everything is printed, however long that takes.
    pub(super) fn wait_until_printed(&self) {
        self.queue.wait_until_written();
    }

    /// The number of items that are printed.
    pub(super) fn printed(&self) -> u64 {
        self.queue.written()
    }
}

/// Prints what it is given, a line or several at a time.
#[derive(Debug)]
pub(super) struct LogWriter(Printer);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        self.0.queue.push_if_free(Print::Line(text.to_owned()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Prints what comes, for as long as the process lives. A closed stderr or stdout is not an error: the run continues.
fn print(queue: &PrintQueue, shows_progress: bool) {
    let bar = progress_bar(shows_progress);
    loop {
        let moves = shows_progress && !bar.is_finished();
        match queue.take(moves.then_some(TICK)) {
            Some(Print::Line(text)) => bar.suspend(|| {
                let _ = writeln!(io::stderr(), "{text}");
            }),
            // stdout may be the same terminal.
            Some(Print::Data(line)) => bar.suspend(|| {
                let _ = writeln!(io::stdout(), "{line}");
            }),
            Some(Print::Progress(text)) => bar.set_message(text),
            Some(Print::EndProgress) => bar.finish_and_clear(),
            None => bar.tick(),
        }
    }
}

fn progress_bar(is_shown: bool) -> ProgressBar {
    let target = match is_shown {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed_precise}]") {
        bar.set_style(style);
    }
    bar
}
