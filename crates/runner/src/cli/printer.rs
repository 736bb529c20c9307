//! Writes to the terminal: lines, and a progress line below them.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::printable::printable;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Writes lines to stderr. A closed stderr is not an error: the run continues.
#[derive(Debug)]
pub(super) struct Printer {
    bar: ProgressBar,
    pub(super) coloured: bool,
    pub(super) quiet: bool,
}

impl Printer {
    /// A printer for stderr of this process: colour and progress only on a terminal, and no colour if `NO_COLOR` is set.
    pub(super) fn from_env(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = match terminal && !quiet {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed_precise}]") {
            bar.set_style(style);
        }
        if terminal && !quiet {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self {
            bar,
            coloured: terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            quiet,
        }
    }

    /// Writes a text that may have parts of others, above the progress line.
    pub(super) fn text(&self, text: &str) {
        self.line(&printable(text));
    }

    /// Writes a line that was rendered for the terminal, above the progress line.
    pub(super) fn line(&self, text: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stderr(), "{text}");
        });
    }

    /// Writes a line of dbt's data to stdout, which may be the same terminal. A closed stdout does not end the run.
    pub(super) fn data(&self, line: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(std::io::stdout(), "{line}");
        });
    }

    /// Changes the progress line.
    pub(super) fn progress(&self, text: String) {
        self.bar.set_message(text);
    }

    /// Removes the progress line.
    pub(super) fn end_progress(&self) {
        self.bar.finish_and_clear();
    }
}
