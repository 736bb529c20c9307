//! The concurrency limit of a lock, and the lease of its slot.

use std::time::Duration;

use prefect_client::{Client, ConcurrencyLease, Error, RetryPolicy, StoredConcurrencyLimit};
use tokio::time::timeout;
use uuid::Uuid;

use super::error::LockError;
use super::slot::LEASE;

/// The longest time that a request may take.
pub(super) const REQUEST: Duration = Duration::from_secs(10);
/// The first pause before a request is repeated. A server on SQLite is busy for moments.
const REPETITION: Duration = Duration::from_millis(250);
/// How often a limit is made that is deleted again at once.
const TRIES: usize = 3;

/// A limit of this name, with the connection to its server. Its requests are repeated for some seconds at most: their callers
/// decide what follows.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    pub(super) client: Client,
    pub(super) name: String,
}

/// What the server says to a run that wants the slot.
#[derive(Debug)]
pub(super) enum Taken {
    Leased(ConcurrencyLease),
    /// Another one has it: when to ask again.
    Full(Option<Duration>),
}

impl Limit {
    pub(super) fn new(client: &Client, name: &str) -> Self {
        Self {
            client: client
                .clone()
                .with_retry(RetryPolicy::default().with_pace(4, REPETITION)),
            name: name.to_owned(),
        }
    }

    /// Takes the slot, if it is free. The limit is created if it does not exist.
    ///
    /// # Errors
    /// When a request fails, or the limit is none that locks.
    pub(super) async fn take(&self) -> Result<Taken, LockError> {
        for _ in 0..TRIES {
            self.make().await?;
            let taken = self.lease().await.map_err(|error| self.failed(error))?;
            match taken {
                // The server ignores names of limits that do not exist.
                Taken::Leased(lease)
                    if !lease.limits.iter().any(|limit| limit.name == self.name) =>
                {
                    let _ = self.client.return_lease(lease.lease_id).await;
                }
                taken => return Ok(taken),
            }
        }
        Err(self.unusable("it is deleted again and again"))
    }

    /// Asks for a lease of the slot.
    ///
    /// # Errors
    /// When the request fails for another reason than that the slot is taken.
    pub(super) async fn lease(&self) -> Result<Taken, Error> {
        match self.client.lease_slots(&[&self.name], 1, LEASE).await {
            Ok(lease) => Ok(Taken::Leased(lease)),
            Err(error) if error.status() == Some(423) => Ok(Taken::Full(error.retry_after())),
            Err(error) => Err(error),
        }
    }

    /// Creates the limit, if it does not exist, and checks it.
    async fn make(&self) -> Result<(), LockError> {
        if self.check().await? {
            return Ok(());
        }
        match self.client.create_concurrency_limit(&self.name, 1).await {
            // Another run has created it meanwhile.
            Err(error) if error.status() == Some(409) => self.check().await.map(drop),
            created => created.map_err(|error| self.failed(error)),
        }
    }

    /// Checks that the limit locks; whether it exists.
    async fn check(&self) -> Result<bool, LockError> {
        let limit = self.read().await.map_err(|error| self.failed(error))?;
        let Some(limit) = limit else {
            return Ok(false);
        };
        match limit {
            limit if !limit.active => Err(self.unusable("it is not active")),
            limit if limit.limit == 0 => Err(self.unusable("it has no slot")),
            limit if limit.slot_decay_per_second > 0.0 => {
                Err(self.unusable("it is a rate limit, whose slots become free by themselves"))
            }
            _ => Ok(true),
        }
    }

    pub(super) async fn read(&self) -> Result<Option<StoredConcurrencyLimit>, Error> {
        self.client.read_concurrency_limit(&self.name).await
    }

    /// Gives the slot back. Without a lease only if the server has none: it was restarted, and has forgotten it.
    pub(super) async fn give_back(&self, lease: Option<Uuid>, held: Duration) {
        let given_back = async {
            if let Some(lease) = lease {
                match self.client.renew_lease(lease, LEASE).await {
                    Err(error) if error.status() == Some(410) => {}
                    Err(error) => return Err(error),
                    // Without the question, the server would accept the end of a lease that it does not know.
                    Ok(()) => return self.client.return_lease(lease).await,
                }
            }
            let held = held.max(Duration::from_millis(1));
            self.client.return_slots(&[&self.name], 1, held).await
        };
        match timeout(REQUEST, given_back).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "cannot free the database lock, which expires")
            }
            Err(_) => tracing::debug!("cannot free the database lock in time; it expires"),
        }
    }

    fn failed(&self, source: Error) -> LockError {
        LockError::Request {
            name: self.name.clone(),
            source: Box::new(source),
        }
    }

    fn unusable(&self, problem: &'static str) -> LockError {
        LockError::NotALock {
            name: self.name.clone(),
            problem,
        }
    }
}
