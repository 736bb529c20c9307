//! How a run is shown while it goes on: by a console, or as events of `tracing`. No run waits for either; only its end waits,
//! while something is being printed.

#[cfg(feature = "cli")]
mod duration;
mod followers;
mod line;
mod notice;
mod print_queue;
mod print_wait;
mod printable;
mod printer;
mod progress;
mod progress_line;
#[cfg(feature = "cli")]
mod progress_text;
mod run_console;
mod run_log;
mod stderr;

#[cfg(feature = "cli")]
pub(crate) use duration::duration;
#[cfg(feature = "cli")]
pub(crate) use line::render_line;
#[cfg(feature = "cli")]
pub(crate) use notice::describe_notice;
pub(crate) use print_wait::wait_until_shown;
#[cfg(feature = "cli")]
pub(crate) use printable::printable;
#[cfg(feature = "cli")]
pub(crate) use printer::Printer;
pub(crate) use run_console::RunConsole;
pub(crate) use run_log::RunLog;
pub use stderr::Console;
