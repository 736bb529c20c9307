//! Tests of the program against the real dbt and a real Prefect server, both of which `cargo xtask test` provides.
//! What the server recorded is compared with what dbt itself wrote: its artifacts and its log file.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "what goes wrong in a test's own helpers is best told by a panic at its place"
)]

mod addresses;
mod builds;
mod dbt_truth;
mod edges;
mod faithful;
mod interrupts;
mod misuse;
mod project;
mod recorded;
mod surroundings;
