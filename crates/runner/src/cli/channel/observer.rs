//! Sends the log lines of a run, warnings and notices over the channel.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use jiff::Timestamp;

use super::message::Outgoing;
use super::outbox::Outbox;
use crate::console::describe_notice;
use crate::model::{Effect, Level, Notice};
use crate::observe::Observer;
use crate::store::{Entry, JournalReader};

/// Shows a run to the program that started us.
pub(super) struct ChannelObserver {
    outbox: Outbox,
    follower: Mutex<Option<JoinHandle<()>>>,
}

impl ChannelObserver {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            follower: Mutex::default(),
        }
    }

    /// Waits until all lines of the journal are sent.
    pub(super) fn finish(&self) {
        if let Some(follower) = lock(&self.follower).take() {
            // A panic was printed.
            let _ = follower.join();
        }
    }

    fn show_now(&self, level: Level, text: &str) {
        self.outbox.send_if_free(&Outgoing::Log {
            at: Timestamp::now(),
            level,
            task: None,
            task_run_id: None,
            message: text,
        });
    }
}

impl Observer for ChannelObserver {
    fn wants_manifest(&self) -> bool {
        false
    }

    fn wants_events(&self) -> bool {
        false
    }

    fn on_journal(&self, journal: JournalReader) {
        let outbox = self.outbox.clone();
        let mut follower = lock(&self.follower);
        // The journal of the attempt before has ended, but need not be sent yet.
        let earlier = follower.take();
        let thread = std::thread::Builder::new().name("channel".to_owned());
        let thread = thread.spawn(move || {
            if let Some(earlier) = earlier {
                let _ = earlier.join();
            }
            follow(journal, &outbox);
        });
        *follower = thread
            .inspect_err(|error| tracing::error!(%error, "cannot send log lines: no thread"))
            .ok();
    }

    fn on_notice(&self, notice: &Notice) {
        // The program knows its own flow run.
        if matches!(notice, Notice::Connected { .. }) {
            return;
        }
        if let Some((level, text)) = describe_notice(notice) {
            self.show_now(level, &text);
        }
    }

    fn on_warning(&self, warning: &str) {
        self.show_now(Level::Warning, warning);
    }
}

/// Sends the log lines of a journal until it is complete, or the other side has ended.
fn follow(mut journal: JournalReader, outbox: &Outbox) {
    while let Some(entry) = journal.blocking_next() {
        let Entry::Effect(effect) = entry else {
            continue;
        };
        let Effect::Log(log) = *effect else { continue };
        let is_read = outbox.send(&Outgoing::Log {
            at: log.at,
            level: log.level,
            task: log.task.as_ref().map(|task| task.name.as_str()),
            task_run_id: log.task.as_ref().map(|task| task.id),
            message: &log.message,
        });
        if !is_read {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
