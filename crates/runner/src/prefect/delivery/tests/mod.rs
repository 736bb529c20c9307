//! The reporter against a real server, and against networks that fail.

mod limits;
mod live;
mod outage;
#[path = "../../../../tests/it/live/proxy.rs"]
#[expect(
    dead_code,
    reason = "the tests of the whole program use the rest of it"
)]
mod proxy;
pub(super) mod support;
