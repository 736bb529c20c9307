//! Tests of the program against the real dbt and a real Prefect server, both of which `cargo xtask test` provides.
//! What the server recorded is compared with what dbt itself wrote: its artifacts and its log file.

#![expect(
    clippy::unwrap_used,
    reason = "a panic shows best where a helper of a test fails"
)]

mod assets;
mod before_start;
mod builds;
mod cancel;
mod commands;
mod concurrent_runs;
mod database_lock;
mod dbt2;
mod dbt2_arguments;
mod dbt2_commands;
mod dbt2_project;
mod dbt2_reported;
mod dbt2_stops;
mod dbt_retry;
mod dbt_truth;
mod deploy;
mod deploy_run;
mod doctor;
mod documentation;
mod edges;
mod engine_mode;
mod engine_outage;
mod environment;
mod examples;
mod faithful;
mod fault_plans;
mod faults;
mod guarded_server;
mod heal;
mod history;
mod hooks;
#[path = "../support/http_request.rs"]
mod http_request;
mod interrupts;
mod invalid_api;
mod killed;
mod launched;
mod ledger;
mod library;
mod lost_journal;
mod ls_flags;
mod non_finite;
mod one_dependency;
#[path = "../support/pages.rs"]
mod pages;
mod parsed;
mod plan;
mod profiles;
mod project;
mod proxy;
mod python_flow;
mod python_left;
mod python_package;
mod python_samples;
mod python_stops;
#[path = "../support/random.rs"]
mod random;
mod record;
mod recorded;
mod references;
mod replay;
mod report;
mod retries;
mod samples;
mod server;
mod several_invocations;
mod stand_in;
mod stopping;
mod sweep;
#[path = "../support/victim.rs"]
mod victim;
mod waiting;
mod wheel;
mod worker;
mod workshop;
#[path = "../support/written.rs"]
mod written;
