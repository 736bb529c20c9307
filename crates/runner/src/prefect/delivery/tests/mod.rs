//! The reporter against a server, and against networks that fail.

mod delivery;
mod limits;
mod outage;
#[path = "../../../../tests/live/proxy.rs"]
#[expect(
    dead_code,
    reason = "the tests of the whole program use the rest of it"
)]
mod proxy;
mod stand_in;
pub(super) mod support;

// For the proxy.
use crate::prefect::http_request;
