//! The progress line below the lines of a console. Without the feature `cli` there is none.

use std::time::Duration;

#[cfg(feature = "cli")]
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
#[cfg(feature = "cli")]
use jiff::Timestamp;

use super::progress::ShownProgress;
#[cfg(feature = "cli")]
use super::progress_text;

/// The columns of a terminal that does not say how many it has.
#[cfg(feature = "cli")]
const USUAL_COLUMNS: usize = 80;
/// The columns of the spinner, and one that stays free: some terminals wrap a full line.
#[cfg(feature = "cli")]
const OTHER_COLUMNS: usize = 3;

/// A progress line. It is there from the first progress until it ends.
#[cfg(feature = "cli")]
pub(super) struct ProgressLine(Option<(ProgressBar, ShownProgress)>);

#[cfg(feature = "cli")]
impl ProgressLine {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// The time until the next step of the spinner; `None` if there is no line.
    pub(super) fn tick_time(&self) -> Option<Duration> {
        self.0.as_ref().map(|_| Duration::from_millis(200))
    }

    /// Turns the spinner, and shows the current times.
    pub(super) fn tick(&self) {
        if let Some((bar, shown)) = &self.0 {
            // Each of the two draws the line.
            let text = text(shown);
            if bar.message() != text {
                bar.set_message(text);
            }
            bar.tick();
        }
    }

    pub(super) fn set(&mut self, shown: ShownProgress) {
        let (bar, shows) = self.0.get_or_insert_with(|| (bar(), shown.clone()));
        bar.set_message(text(&shown));
        *shows = shown;
    }

    pub(super) fn end(&mut self) {
        if let Some((bar, _)) = self.0.take() {
            bar.finish_and_clear();
        }
    }

    /// Prints above the line.
    pub(super) fn above(&self, print: impl FnOnce()) {
        match &self.0 {
            Some((bar, _)) => bar.suspend(print),
            None => print(),
        }
    }
}

#[cfg(feature = "cli")]
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(feature = "cli")]
fn text(shown: &ShownProgress) -> String {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    let columns = size.map(|size| usize::from(size.ws_col));
    let columns = columns.ok().filter(|columns| *columns > 0);
    let width = columns.unwrap_or(USUAL_COLUMNS);
    progress_text::text(shown, Timestamp::now(), width.saturating_sub(OTHER_COLUMNS))
}

/// No progress line.
#[cfg(not(feature = "cli"))]
pub(super) struct ProgressLine;

#[cfg(not(feature = "cli"))]
impl ProgressLine {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) const fn tick_time(&self) -> Option<Duration> {
        None
    }

    pub(super) const fn tick(&self) {}

    pub(super) fn set(&mut self, _: ShownProgress) {}

    pub(super) const fn end(&mut self) {}

    pub(super) fn above(&self, print: impl FnOnce()) {
        print();
    }
}
