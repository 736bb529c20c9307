//! Runs dbt and reports the run to Prefect exactly as dbt ran it.
//!
//! ```no_run
//! use prefect_dbt::{Flow, PrefectDbtRunner};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let runner = PrefectDbtRunner::builder().build()?; // dbt and the project are found as dbt finds them
//! runner.post_model().select("tag:critical").call(|ctx| {
//!     if let (Some(model), Some(error)) = (&ctx.node_id, &ctx.error) {
//!         eprintln!("{model}: {error}");
//!     }
//! });
//! let outcome = Flow::new("nightly").run(&runner, |_flow| ["build"]).await?;
//! println!("{} nodes ran", outcome.run.nodes.len());
//! # Ok(())
//! # }
//! ```
//!
//! - [`PrefectDbtRunner`] runs dbt within a flow run that exists; [`Flow`] makes one if there is none.
//! - [`hooks`] are code of yours that is called as a run goes on.
//! - [`engine::run`] is what both stand on: one [`Invocation`], watched by an [`Observer`].
//! - [`journal`] is what remembers a run until the server has all of it.

mod args;
pub mod assets;
pub mod attempts;
mod dbt;
pub mod deploy;
pub mod doctor;
pub mod effect;
pub mod engine;
mod error;
pub mod exit;
pub mod hooks;
pub mod identity;
mod invocation;
pub mod journal;
mod observer;
mod outcome;
pub mod parameters;
pub mod profiles;
mod project;
mod redact;
pub mod replay;
pub mod report;
pub mod runner;
mod settings;
mod stop;
pub mod summary;
mod supervise;
mod surroundings;
pub mod track;

pub use args::DbtArgs;
pub use attempts::RetryStrategy;
pub use dbt::find_dbt;
pub use dbt_templating::Missing;
pub use error::Error;
pub use hooks::{DbtHookContext, HookEvent, HookStatus};
pub use invocation::{FlowChoice, Invocation};
pub use observer::{Observer, Unobserved};
pub use outcome::Outcome;
pub use project::{PROJECT_FILE, Project};
pub use redact::{MASK, Redactor};
pub use runner::{Flow, FlowContext, PrefectDbtRunner, PrefectDbtRunnerBuilder, RunError};
pub use settings::{LogLevel, PrefectDbtSettings};
pub use stop::{StopCause, Stopper};
