//! The progress line below the lines of a console. Without the feature `cli` there is none.

use std::time::Duration;

#[cfg(feature = "cli")]
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress line. It is there from its first text until it ends.
#[cfg(feature = "cli")]
pub(super) struct ProgressLine(Option<ProgressBar>);

#[cfg(feature = "cli")]
impl ProgressLine {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// The time until the next step of the spinner; `None` if there is no line.
    pub(super) fn tick_time(&self) -> Option<Duration> {
        self.0.as_ref().map(|_| Duration::from_millis(200))
    }

    pub(super) fn tick(&self) {
        if let Some(bar) = &self.0 {
            bar.tick();
        }
    }

    pub(super) fn set(&mut self, text: String) {
        self.0.get_or_insert_with(bar).set_message(text);
    }

    pub(super) fn end(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }

    /// Prints above the line.
    pub(super) fn above(&self, print: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

#[cfg(feature = "cli")]
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed_precise}]") {
        bar.set_style(style);
    }
    bar
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

    pub(super) fn set(&mut self, _: String) {}

    pub(super) const fn end(&mut self) {}

    pub(super) fn above(&self, print: impl FnOnce()) {
        print();
    }
}
