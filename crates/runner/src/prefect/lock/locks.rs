//! The locks of a run, or of a flow: taken once, used by all of its attempts and invocations.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prefect_client::Client;
use tokio::time::{Instant, sleep, timeout};

use super::error::LockError;
use super::held_lock::{DatabaseLock, HeldLock};
use super::holder::Holder;
use super::keeper::Warn;
use super::limit::{Limit, Taken};
use crate::model::error_chain;

/// The shortest time between two questions for a slot that is taken. The server says how long it should be.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest time in which a server that has answered before is asked again, if it fails.
const BUSY: Duration = Duration::from_secs(60);
/// The longest time for the requests of one question.
const PATIENCE: Duration = Duration::from_secs(30);

/// The locks that a run, or all invocations of a flow, hold. Clones are the same locks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Locks(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Only one of the invocations asks at a time, so that none waits for another one's slot.
    turn: tokio::sync::Mutex<()>,
    held: Mutex<Vec<Arc<HeldLock>>>,
}

/// A lock that a run wants.
pub(crate) struct Wanted<'a> {
    pub(crate) client: &'a Client,
    /// The name of the concurrency limit.
    pub(crate) name: &'a str,
    pub(crate) holder: Holder,
    /// The longest time to wait for it; `None` without a limit.
    pub(crate) timeout: Option<Duration>,
    /// The longest time to wait for a server that does not answer from the start.
    pub(crate) outage: Duration,
    /// Gets warnings, also while the lock is held.
    pub(crate) warn: Warn,
}

impl Locks {
    /// Waits until the lock is free, and takes it. If the run holds it already, it is there at once.
    ///
    /// # Errors
    /// When it is not free in time, when the limit is no lock, and when the Prefect API refuses it or does not answer.
    pub(crate) async fn take(&self, wanted: &Wanted<'_>) -> Result<DatabaseLock, LockError> {
        let limit = Limit::new(wanted.client, wanted.name);
        let mut wait = Wait::begin(wanted);
        loop {
            let tried = timeout(PATIENCE, self.try_to_take(&limit, wanted)).await;
            match tried.unwrap_or(Ok(Tried::Hangs)) {
                Ok(Tried::Held(lock)) => return Ok(lock),
                Ok(Tried::Full(again)) => wait.for_holder(again, &limit, wanted).await?,
                Ok(Tried::Hangs) => {
                    let problem = "the server does not answer";
                    wait.for_server(problem, &limit, wanted).await?;
                }
                Err(LockError::Request { source, .. }) if wait.is_worth_it(&source, wanted) => {
                    let problem = error_chain(&*source);
                    wait.for_server(&problem, &limit, wanted).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the lock, if the run holds it, or if it is free.
    async fn try_to_take(&self, limit: &Limit, wanted: &Wanted<'_>) -> Result<Tried, LockError> {
        let _turn = self.0.turn.lock().await;
        // A flow that holds one lock for nothing while it waits for another one could wait for ever.
        self.release_unused(&limit.name).await;
        if let Some(held) = self.find(&limit.name) {
            return Ok(Tried::Held(DatabaseLock(held)));
        }
        let asked = Instant::now();
        let lease = match limit.take().await? {
            Taken::Leased(lease) => lease,
            Taken::Full(again) => return Ok(Tried::Full(again)),
        };
        let warn = Arc::clone(&wanted.warn);
        let held = HeldLock::keep(limit.clone(), lease.lease_id, asked, warn);
        let held = Arc::new(held);
        self.held().push(Arc::clone(&held));
        let (holder, limit) = (wanted.holder.clone(), limit.clone());
        tokio::spawn(async move { holder.announce(&limit, &lease).await });
        Ok(Tried::Held(DatabaseLock(held)))
    }

    /// The lock of this name, if it is held and not lost.
    fn find(&self, name: &str) -> Option<Arc<HeldLock>> {
        let mut held = self.held();
        held.retain(|lock| !lock.slot.borrow().is_lost());
        held.iter().find(|lock| lock.limit.name == name).cloned()
    }

    /// Releases the locks of other names that no invocation uses.
    async fn release_unused(&self, name: &str) {
        let unused: Vec<_> = {
            let mut held = self.held();
            let is_unused =
                |lock: &mut Arc<HeldLock>| lock.limit.name != name && Arc::strong_count(lock) == 1;
            held.extract_if(.., is_unused).collect()
        };
        for lock in unused {
            lock.release().await;
        }
    }

    /// Releases all locks: the run, or the flow, is over.
    pub(crate) async fn release(&self) {
        let held = std::mem::take(&mut *self.held());
        for lock in held {
            lock.release().await;
        }
    }

    /// The names of the locks that are held.
    pub(crate) fn names(&self) -> Vec<String> {
        let held = self.held();
        held.iter().map(|lock| lock.limit.name.clone()).collect()
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Vec<Arc<HeldLock>>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a question for a slot.
enum Tried {
    Held(DatabaseLock),
    /// Another run has it: when to ask again.
    Full(Option<Duration>),
    Hangs,
}

/// The wait for a slot.
struct Wait {
    begun: Instant,
    deadline: Option<Instant>,
    /// Who holds the slot, once the server has said that it is taken: outages are waited out then.
    holder: Option<String>,
    /// How often the server has failed since its last answer.
    failures: u32,
}

impl Wait {
    fn begin(wanted: &Wanted<'_>) -> Self {
        let begun = Instant::now();
        Self {
            begun,
            deadline: wanted.timeout.map(|limit| begun + limit),
            holder: None,
            failures: 0,
        }
    }

    /// Whether the same question may be answered later, and in time.
    fn is_worth_it(&self, error: &prefect_client::Error, wanted: &Wanted<'_>) -> bool {
        let now = Instant::now();
        let patience = match wanted.client.has_reached_server() {
            true => wanted.outage.max(BUSY),
            false => wanted.outage,
        };
        let is_in_time = self.holder.is_some() || now < self.begun + patience;
        let is_over = self.deadline.is_some_and(|deadline| now >= deadline);
        error.is_temporary() && is_in_time && !is_over
    }

    /// Shows once who holds the slot, and waits until it is time to ask again.
    async fn for_holder(
        &mut self,
        again: Option<Duration>,
        limit: &Limit,
        wanted: &Wanted<'_>,
    ) -> Result<(), LockError> {
        if self.holder.is_none() {
            let holder = Holder::of(limit).await;
            let holder = holder.unwrap_or_else(|| "another run".to_owned());
            let name = &limit.name;
            (wanted.warn)(&format!(
                "waiting for the database lock `{name}`, which {holder} holds"
            ));
            self.holder = Some(holder);
        }
        self.failures = 0;
        self.pause(again.unwrap_or(LONGEST_PAUSE), limit).await
    }

    /// Shows once for each outage, unless it is short, that the server does not answer. Waits until it is time to ask again.
    async fn for_server(
        &mut self,
        problem: &str,
        limit: &Limit,
        wanted: &Wanted<'_>,
    ) -> Result<(), LockError> {
        self.failures += 1;
        if self.failures == 2 {
            let name = &limit.name;
            (wanted.warn)(&format!(
                "cannot ask for the database lock `{name}`: {problem}; trying again"
            ));
        }
        self.pause(LONGEST_PAUSE, limit).await
    }

    async fn pause(&self, pause: Duration, limit: &Limit) -> Result<(), LockError> {
        let pause = pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let Some(deadline) = self.deadline else {
            sleep(pause).await;
            return Ok(());
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let holder = self.holder.as_deref().unwrap_or("another run");
            return Err(LockError::Timeout {
                name: limit.name.clone(),
                waited: deadline.duration_since(self.begun),
                holder: holder.to_owned(),
            });
        }
        sleep(pause.min(left)).await;
        Ok(())
    }
}
