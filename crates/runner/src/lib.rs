//! Runs dbt and shows the run in Prefect exactly as dbt ran it: each node is a task run with its state, times, log lines and
//! upstream nodes.
//!
//! ```no_run
//! use prefect_dbt::{Console, Flow, PrefectDbtRunner};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // dbt and the project are found as dbt finds them, Prefect's settings as Prefect finds them.
//!     let runner = PrefectDbtRunner::builder().console(Console::stderr()).build()?;
//!     runner.post_model().select("tag:critical").call(|ctx| {
//!         if let (Some(model), Some(error)) = (&ctx.node_id, &ctx.error) {
//!             eprintln!("{model}: {error}");
//!         }
//!     });
//!     let outcome = Flow::new("nightly").run(&runner, |_flow| ["build"]).await?;
//!     println!("{} nodes ran", outcome.run.nodes.len());
//!     Ok(())
//! }
//! ```
//!
//! - [`PrefectDbtRunner`] runs dbt in a flow run that exists; [`Flow`] creates a flow run if there is none.
//! - [`hooks`] call your code at the start of a run, after each node, and at its end.
//! - An [`Invocation`] has the dbt command of one run; its [`RunOptions`] beat those of the runner, which beat the environment.
//! - Each line of a run is an event of `tracing` (target `prefect_dbt::run`), or is shown by a [`Console`].
//! - [`track`] turns dbt's events into the effects of [`model`]. The journal of a run keeps them until the server has all of it, and
//!   [`replay`] delivers it later. [`deploy`] creates deployments that run dbt.
//! - The crates that this one is made of are here under short names: [`manifest`], [`selector`], [`events`], [`templating`] and
//!   [`client`].
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `cli` | yes | the program `prefect-dbt`, and the progress line of a [`Console`] |
//!
//! A program that uses the library alone turns it off, and compiles about 25 crates less (clap, indicatif and
//! tracing-subscriber with all that they need):
//!
//! ```toml
//! prefect-dbt = { version = "0.1", default-features = false }
//! ```
//!
//! # From Prefect's Python package
//!
//! | Python | Rust |
//! |---|---|
//! | `PrefectDbtRunner(settings=..., raise_on_failure=False)` | [`PrefectDbtRunner::builder`] with a method for each argument, then `build()` |
//! | `PrefectDbtSettings(project_dir="shop")` | [`PrefectDbtSettings::with_project_dir`]; what is not set comes from the environment when a run starts |
//! | `runner.invoke(["build"], target="prod")` | [`PrefectDbtRunner::invoke`], with an [`Invocation`] for options by name |
//! | `@flow(retries=2)` around `invoke` | [`Flow::retries`] and [`Flow::run`]; [`Flow::run_with`] for several invocations |
//! | `get_run_count()` | [`FlowContext::run_count`] |
//! | `@runner.on_run_start` | [`PrefectDbtRunner::on_run_start`] |
//! | `@runner.post_model(select="tag:x")` | [`PrefectDbtRunner::post_model`], `.select("tag:x").call(..)` |
//! | `@runner.on_run_end` | [`PrefectDbtRunner::on_run_end`] |
//! | `DbtHookContext` | [`DbtHookContext`], with [`DbtHookContext::for_test`] for tests |
//! | `ValueError` of a run that failed | [`RunError::Failed`] with the [`Outcome`] |
//! | the result of dbt's `DbtRunner` | [`Outcome`]: `run`, `run_results`, `manifest`, `lines` |

// The examples of the package's page and of the documentation are tests.
#![cfg_attr(doctest, doc = include_str!("../README.md"))]
#![cfg_attr(doctest, doc = include_str!("../../../README.md"))]
#![cfg_attr(doctest, doc = include_str!("../../../docs/hooks.md"))]
#![cfg_attr(doctest, doc = include_str!("../../../docs/start.md"))]

#[cfg(not(unix))]
compile_error!(
    "prefect-dbt needs Linux or macOS: it stops dbt by signals and process groups; on Windows, use it in WSL"
);

pub use dbt_events as events;
pub use dbt_manifest as manifest;
pub use dbt_selector as selector;
pub use dbt_templating as templating;
pub use prefect_client as client;

// The modules stand in the order of their floors: each uses only modules above it in this list.
mod heal;
pub mod model;

mod dbt;
mod store;
mod sweep;
pub mod track;

mod observe;
pub mod parameters;
mod prefect;
mod request;
mod selection;

mod console;
mod history;

mod dbt_retry;
pub mod deploy;
#[cfg(feature = "cli")]
mod page;
#[cfg(feature = "cli")]
mod plan;
mod profiles;

mod outcome;
pub mod replay;

#[cfg(feature = "cli")]
mod doctor;
mod engine;

pub mod hooks;
mod ledger;

mod retry;

mod api;
#[cfg(feature = "cli")]
mod cli;

pub use api::{Flow, PrefectDbtRunner, PrefectDbtRunnerBuilder, RunError};
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::run as main;
pub use console::Console;
pub use dbt::{DbtError, Launcher, PROJECT_FILE, Project, find_dbt};
pub use dbt_templating::Missing;
pub use heal::HealPattern;
pub use hooks::{DbtHookContext, HookEvent, HookStatus};
pub use model::{LogLevel, NodeStatus, StopCause, Stopper};
pub use observe::{Observer, Unobserved};
pub use outcome::{Error, Outcome};
pub use prefect::flow_run::ReportError;
pub use prefect::lock::LockError;
pub use profiles::ProfilesError;
pub use request::{
    FlowChoice, FlowContext, Invocation, LedgerMode, LockLost, LockMode, PrefectDbtSettings,
    RequestError, RetryStrategy, RunOptions,
};
pub use store::{Entry, Header, JournalReader};
pub use track::{MASK, Redactor};
