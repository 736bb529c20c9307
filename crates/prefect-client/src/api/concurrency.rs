//! Concurrency limits (the second version, with leases).

use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::Client;
use crate::error::Error;

/// A limit that slots were taken from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ConcurrencyLimit {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// How many slots it has.
    pub limit: u32,
}

/// Slots that are held for a time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ConcurrencyLease {
    /// What to renew and to give back.
    pub lease_id: Uuid,
    /// The limits that they were taken from; names that no limit has are left out.
    pub limits: Vec<ConcurrencyLimit>,
}

/// How slots come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SlotMode {
    /// When they are given back.
    Concurrency,
    /// By themselves, at the limit's own pace.
    RateLimit,
}

impl Client {
    /// Takes slots from limits. Status 423 says that there are not enough: wait for [`Error::retry_after`] and ask
    /// again.
    ///
    /// # Errors
    /// As every call.
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

    /// Gives slots back, saying how long they were held.
    ///
    /// # Errors
    /// As every call.
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

    /// Takes slots for a time, after which they come back by themselves. 423 as for [`Client::take_slots`].
    ///
    /// # Errors
    /// As every call.
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

    /// Holds leased slots for longer; due at three quarters of their time.
    ///
    /// # Errors
    /// As every call.
    pub async fn renew_lease(&self, id: Uuid, duration: Duration) -> Result<(), Error> {
        let path = format!("/v2/concurrency_limits/leases/{id}/renew");
        let body = json!({ "lease_duration": duration.as_secs_f64() });
        self.submit(Method::POST, &path, &body, true).await
    }

    /// Gives leased slots back.
    ///
    /// # Errors
    /// As every call.
    pub async fn return_lease(&self, id: Uuid) -> Result<(), Error> {
        let path = "/v2/concurrency_limits/decrement-with-lease";
        let body: Value = json!({ "lease_id": id });
        self.submit(Method::POST, path, &body, true).await
    }
}
