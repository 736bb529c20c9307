//! The launcher: a program for dbt's own Python that starts dbt Core faster than dbt's console script does.

mod choice;
mod console_script;
mod fork_request;
mod not_launched;
mod pipes;
mod plan;
mod program;
mod shared_interpreter;
mod shebang;
mod startup;
mod waiting_interpreter;

pub use choice::Launcher;
pub(super) use fork_request::ForkRequest;
pub(crate) use not_launched::NotLaunched;
pub(super) use pipes::{LaunchPipes, LaunchText};
pub(crate) use plan::{LaunchPlan, WantedEvents};
pub(crate) use shared_interpreter::SharedInterpreter;
