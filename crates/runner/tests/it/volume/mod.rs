//! A run with thousands of nodes, reported to a server that accepts everything.

#![expect(
    clippy::unwrap_used,
    reason = "a panic shows best where a helper of a test fails"
)]

mod big_build;
mod large_build;
mod stub_server;
