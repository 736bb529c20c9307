//! The reporter against a real server, and against networks that fail.

mod live;
mod outage;
mod proxy;
pub(super) mod support;
