//! The reporter against a server, and against networks that fail.

mod delivery;
#[path = "../../../../tests/support/http_request.rs"]
mod http_request;
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
