//! Concurrency limits: version 2 of the API, with leases.

use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::path::segment;
use crate::client::Client;
use crate::error::Error;

/// A concurrency limit of which slots were taken.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ConcurrencyLimit {
    /// The id of the limit.
    pub id: Uuid,
    /// The name of the limit.
    pub name: String,
    /// The number of slots that the limit has.
    pub limit: u32,
}

/// A concurrency limit as the server stores it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct StoredConcurrencyLimit {
    /// The id of the limit.
    pub id: Uuid,
    /// The name of the limit.
    pub name: String,
    /// The number of slots that the limit has.
    pub limit: u32,
    /// Whether the limit is enforced. If not, slots can always be taken.
    pub active: bool,
    /// The number of slots that are taken.
    pub active_slots: u32,
    /// How many slots the server frees by itself in a second; 0 unless the limit is a rate.
    #[serde(default)]
    pub slot_decay_per_second: f64,
}

/// Slots that are held under a lease.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ConcurrencyLease {
    /// The id of the lease, to renew and to release it.
    pub lease_id: Uuid,
    /// The limits of which slots were taken. A name without a limit is left out.
    pub limits: Vec<ConcurrencyLimit>,
}

/// How slots are released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SlotMode {
    /// When the client releases them.
    Concurrency,
    /// By the server, at the rate that the limit sets.
    RateLimit,
}

impl Client {
    /// Creates a limit. Status 409 if there is one with this name.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn create_concurrency_limit(&self, name: &str, limit: u32) -> Result<(), Error> {
        let body = json!({ "name": name, "limit": limit });
        self.submit(Method::POST, "/v2/concurrency_limits/", &body, false)
            .await
    }

    /// Reads a limit; `None` if there is none with this name.
    ///
    /// # Errors
    /// If the request fails; never with status 404.
    pub async fn read_concurrency_limit(
        &self,
        name: &str,
    ) -> Result<Option<StoredConcurrencyLimit>, Error> {
        let path = format!("/v2/concurrency_limits/{}", segment(name));
        match self.get(&path).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Takes slots of limits. Status 423 means that there are not enough free slots: wait for [`Error::retry_after`], then try
    /// again.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn take_slots(
        &self,
        names: &[&str],
        slots: u32,
        mode: SlotMode,
    ) -> Result<Vec<ConcurrencyLimit>, Error> {
        let body = json!({ "names": names, "slots": slots, "mode": mode });
        self.post_once("/v2/concurrency_limits/increment", &body)
            .await
    }

    /// Releases slots, and reports how long they were occupied.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn return_slots(
        &self,
        names: &[&str],
        slots: u32,
        held: Duration,
    ) -> Result<(), Error> {
        let body = json!({
            "names": names,
            "slots": slots,
            "occupancy_seconds": held.as_secs_f64(),
        });
        let path = "/v2/concurrency_limits/decrement";
        self.submit(Method::POST, path, &body, false).await
    }

    /// Takes slots under a lease of at least a minute. When the lease expires, the server releases them. Status 423: see
    /// [`Client::take_slots`].
    ///
    /// # Errors
    /// If the request fails.
    pub async fn lease_slots(
        &self,
        names: &[&str],
        slots: u32,
        duration: Duration,
    ) -> Result<ConcurrencyLease, Error> {
        let body = json!({
            "names": names,
            "slots": slots,
            "mode": SlotMode::Concurrency,
            "lease_duration": duration.as_secs_f64(),
        });
        let path = "/v2/concurrency_limits/increment-with-lease";
        self.post_once(path, &body).await
    }

    /// Renews a lease; due after three quarters of its duration. Status 410 if the server does not know the lease (any more).
    ///
    /// # Errors
    /// If the request fails.
    pub async fn renew_lease(&self, id: Uuid, duration: Duration) -> Result<(), Error> {
        let path = format!("/v2/concurrency_limits/leases/{id}/renew");
        let body = json!({ "lease_duration": duration.as_secs_f64() });
        self.submit(Method::POST, &path, &body, true).await
    }

    /// Releases the slots of a lease.
    ///
    /// # Errors
    /// If the request fails.
    pub async fn return_lease(&self, id: Uuid) -> Result<(), Error> {
        let path = "/v2/concurrency_limits/decrement-with-lease";
        let body: Value = json!({ "lease_id": id });
        self.submit(Method::POST, path, &body, true).await
    }
}
