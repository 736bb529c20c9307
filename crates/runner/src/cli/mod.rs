//! The command line: the commands, and what they print. Nothing else in this crate prints.

mod channel;
mod console;
mod deploy;
mod doctor;
mod error_report;
mod first_process;
mod hooks;
mod invoke;
mod json_result;
mod line;
mod logging;
mod ls;
mod notice;
mod print_queue;
mod print_wait;
mod printable;
mod printer;
#[cfg(test)]
mod recorded;
mod render_profiles;
mod replay;
mod root;
mod run_summary;
mod signals;
mod split;
mod usage_error;

pub use root::run;
