//! Runs dbt and reports the run to Prefect exactly as dbt ran it.

mod args;
pub mod assets;
mod dbt;
pub mod doctor;
pub mod effect;
pub mod engine;
mod error;
pub mod exit;
pub mod identity;
mod invocation;
pub mod journal;
mod observer;
mod outcome;
pub mod profiles;
mod project;
mod redact;
pub mod report;
mod settings;
mod stop;
pub mod summary;
mod surroundings;
pub mod track;

pub use args::DbtArgs;
pub use dbt::find_dbt;
pub use dbt_templating::Missing;
pub use error::Error;
pub use invocation::{FlowChoice, Invocation};
pub use observer::{Observer, Unobserved};
pub use outcome::Outcome;
pub use project::{PROJECT_FILE, Project};
pub use redact::{MASK, Redactor};
pub use settings::{LogLevel, PrefectDbtSettings};
pub use stop::{StopCause, Stopper};
