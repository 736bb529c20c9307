//! The launcher: a program for dbt's own Python that starts dbt Core faster than dbt's console script does.

mod choice;
mod console_script;
mod not_launched;
mod pipes;
mod plan;
mod shebang;

pub use choice::Launcher;
pub(crate) use not_launched::NotLaunched;
pub(super) use pipes::LaunchPipes;
pub(crate) use plan::{LaunchPlan, WantedEvents};
