//! What waits to be printed. The printing thread takes it; nobody else waits for the terminal.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::progress::ShownProgress;

/// How much may wait before those who can wait have to, and before the debug log is left out.
const LIMIT: usize = 1000;

/// Something to print.
#[derive(Debug, PartialEq)]
pub(super) enum Print {
    /// A line of stderr.
    Line(String),
    /// A line of stdout.
    Data(String),
    /// What the progress line shows from now on.
    Progress(Box<ShownProgress>),
    /// The progress line is removed.
    EndProgress,
    /// The printing thread ends.
    End,
}

/// The queue of the printing thread.
#[derive(Debug, Default)]
pub(super) struct PrintQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Print>,
    /// Whether the printing thread writes what it took last.
    is_writing: bool,
    /// The number of items that are written.
    written: u64,
    /// Whether there is no printing thread.
    is_closed: bool,
}

impl PrintQueue {
    /// Adds an item without waiting. For what is rare, and for dbt's data: a slow reader must get all of it, and the
    /// thread that reads dbt's output must not wait for that reader.
    pub(super) fn push(&self, item: Print) {
        let mut state = self.lock();
        if !state.is_closed {
            state.waiting.push_back(item);
            self.changed.notify_all();
        }
    }

    /// Adds an item as soon as there is room. For the thread that shows the journal, which nobody waits for.
    pub(super) fn push_in_turn(&self, item: Print) {
        let mut state = self.lock();
        while state.waiting.len() >= LIMIT && !state.is_closed {
            state = self.wait(state);
        }
        drop(state);
        self.push(item);
    }

    /// Adds an item if there is room. For the debug log, which any thread writes.
    #[cfg(feature = "cli")]
    pub(super) fn push_if_free(&self, item: Print) {
        if self.lock().waiting.len() < LIMIT {
            self.push(item);
        }
    }

    /// Takes the next item. `None` if there is none for as long as `patience`, if given. The item taken before counts as
    /// written.
    pub(super) fn take(&self, patience: Option<Duration>) -> Option<Print> {
        let mut state = self.lock();
        if std::mem::take(&mut state.is_writing) {
            state.written += 1;
            self.changed.notify_all();
        }
        while state.waiting.is_empty() {
            let Some(patience) = patience else {
                state = self.wait(state);
                continue;
            };
            let (guard, waited) = self
                .changed
                .wait_timeout(state, patience)
                .unwrap_or_else(PoisonError::into_inner);
            state = guard;
            if waited.timed_out() && state.waiting.is_empty() {
                return None;
            }
        }
        let item = state.waiting.pop_front();
        state.is_writing = item.is_some();
        item
    }

    /// Waits until everything is written.
    pub(super) fn wait_until_written(&self) {
        let mut state = self.lock();
        while !state.is_closed && (state.is_writing || !state.waiting.is_empty()) {
            state = self.wait(state);
        }
    }

    /// The number of items that are written.
    pub(super) fn written(&self) -> u64 {
        self.lock().written
    }

    /// Drops everything, now and later: there is no thread that prints.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.waiting.clear();
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize) -> Print {
        Print::Line(number.to_string())
    }

    #[test]
    fn a_full_queue_keeps_data_and_drops_the_debug_log() {
        let queue = PrintQueue::default();
        (0..LIMIT).for_each(|number| queue.push(line(number)));
        queue.push_if_free(Print::Line("debug".to_owned()));
        queue.push(Print::Data("data".to_owned()));
        (0..LIMIT).for_each(|number| assert_eq!(queue.take(None), Some(line(number))));
        assert_eq!(queue.take(None), Some(Print::Data("data".to_owned())));
        assert_eq!(queue.take(Some(Duration::ZERO)), None);
        assert_eq!(queue.written(), LIMIT as u64 + 1);
    }

    #[test]
    fn a_full_queue_makes_the_journal_wait_its_turn() {
        let queue = PrintQueue::default();
        (0..LIMIT).for_each(|number| queue.push(line(number)));
        std::thread::scope(|scope| {
            scope.spawn(|| queue.push_in_turn(line(LIMIT)));
            (0..=LIMIT).for_each(|number| assert_eq!(queue.take(None), Some(line(number))));
            assert_eq!(queue.take(Some(Duration::ZERO)), None);
        });
        queue.wait_until_written();
    }

    #[test]
    fn a_closed_queue_takes_nothing_and_lets_nobody_wait() {
        let queue = PrintQueue::default();
        queue.push(line(0));
        queue.close();
        queue.push_in_turn(line(1));
        queue.wait_until_written();
        assert_eq!(queue.take(Some(Duration::ZERO)), None);
    }
}
