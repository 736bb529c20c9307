//! Tests of the program against the real dbt and a real Prefect server, both of which `cargo xtask test` provides.
//! What the server recorded is compared with what dbt itself wrote: its artifacts and its log file.

#![expect(
    clippy::unwrap_used,
    reason = "what goes wrong in a test's own helpers is best told by a panic at its place"
)]

mod addresses;
mod api_away;
mod assets;
mod big_stream;
mod builds;
mod cancel;
mod commands;
mod dbt_truth;
mod deploy;
mod doctor;
mod edges;
mod engine_mode;
mod environment;
mod examples;
mod faithful;
mod fault_plans;
mod faults;
mod following;
mod guarded_server;
mod history;
mod hooks;
mod interrupts;
mod killed;
mod lost_journal;
mod ls_flags;
mod misuse;
mod profiles;
mod project;
mod proxy;
mod python_flow;
mod record;
mod recorded;
mod references;
mod replay;
mod retries;
mod side_by_side;
mod stand_in;
mod stub_server;
mod traps;
mod volume;
mod waiting;
mod worker;
mod workshop;
