//! dbt by the launcher, beside plain dbt: what differs is the time.

mod equality;
mod fallback;
mod mirror;
#[cfg(target_os = "linux")]
mod shared;
