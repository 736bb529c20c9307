//! Threads that show the journals of a run.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::store::{JournalEnd, JournalReader};

/// The threads that show the journals of a run: one for each attempt, and for each invocation of a flow.
#[derive(Debug, Default)]
pub(super) struct Followers(Mutex<Vec<Follower>>);

#[derive(Debug)]
struct Follower {
    end: JournalEnd,
    thread: JoinHandle<()>,
}

impl Followers {
    /// Shows a journal on a thread of its own, after the journals that have ended and are not yet shown.
    pub(super) fn follow(
        &self,
        journal: JournalReader,
        show: impl FnOnce(JournalReader) + Send + 'static,
    ) {
        let mut all = self.lock();
        let earlier = take_ended(&mut all);
        let end = journal.end();
        let thread = spawn("run-view", move || {
            join(earlier);
            show(journal);
        });
        all.extend(thread.map(|thread| Follower { end, thread }));
    }

    /// Calls `then` when all journals that have ended are shown. The receiver resolves when it has returned.
    pub(super) fn after_ended(
        &self,
        then: impl FnOnce() + Send + 'static,
    ) -> oneshot::Receiver<()> {
        let (done, when_done) = oneshot::channel();
        let ended = take_ended(&mut self.lock());
        spawn("run-view-end", move || {
            join(ended);
            then();
            // The run may have stopped waiting.
            let _ = done.send(());
        });
        when_done
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Follower>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_ended(all: &mut Vec<Follower>) -> Vec<Follower> {
    all.extract_if(.., |follower| follower.end.is_reached())
        .collect()
}

fn join(followers: Vec<Follower>) {
    for follower in followers {
        // A panic was printed.
        let _ = follower.thread.join();
    }
}

/// Starts a thread; `None` if there is no thread to be had.
fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work);
    thread
        .inspect_err(|error| tracing::error!(%error, "cannot show the run: no thread"))
        .ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::store::{Header, JournalWriter};

    #[test]
    fn a_journal_is_shown_after_those_that_have_ended_and_beside_those_that_have_not() {
        let followers = Followers::default();
        let (shown, order) = channel();
        let (release, held) = channel::<()>();
        let show = |name: &'static str| {
            let shown = shown.clone();
            move |mut journal: JournalReader| {
                while journal.blocking_next().is_some() {}
                shown.send(name).unwrap();
            }
        };
        let open = JournalWriter::in_memory(&Header::for_test());
        followers.follow(open.reader(), show("open"));

        let first = JournalWriter::in_memory(&Header::for_test());
        let reader = first.reader();
        drop(first);
        let slow = show("first");
        followers.follow(reader, move |journal| {
            held.recv().unwrap();
            slow(journal);
        });
        let second = JournalWriter::in_memory(&Header::for_test());
        followers.follow(second.reader(), show("second"));
        drop(second);
        let ended = shown.clone();
        let _when = followers.after_ended(move || ended.send("end").unwrap());
        release.send(()).unwrap();
        let next = || order.recv().unwrap();
        assert_eq!([next(), next(), next()], ["first", "second", "end"]);
        drop(open);
        assert_eq!(next(), "open");
    }
}
