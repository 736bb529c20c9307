//! The reporter against a real server, and against networks that fail.

mod live;
mod outage;
mod proxy;
mod support;
