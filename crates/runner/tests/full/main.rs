//! Tests that need more of the machine than the others, such as root. `cargo xtask test --full` runs them.

mod browser;
#[cfg(target_os = "linux")]
mod docker;
mod kubernetes;
mod lost_disks;
#[cfg(target_os = "linux")]
mod out_of_memory;
mod plans;
mod postgres;
mod postgres_heal;
mod postgres_lock;
mod prefect_server;
mod psql;
#[path = "../support/random.rs"]
mod random;
mod unusual;
mod versions;
#[path = "../support/victim.rs"]
mod victim;
mod work_pool;

/// A variable that `cargo xtask test --full` sets.
#[expect(
    clippy::disallowed_methods,
    reason = "this reads what the test runner set"
)]
fn variable(name: &str) -> String {
    std::env::var(name).expect("`cargo xtask test --full` sets it")
}
