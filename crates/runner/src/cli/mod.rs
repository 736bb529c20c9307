//! The command line: the commands, and what they print. Nothing else in this crate prints but a `Console` that a program asks
//! for.

mod channel;
mod completions;
mod deploy;
mod doctor;
mod error_report;
mod first_process;
mod hooks;
mod invoke;
mod invoke_args;
mod json_result;
mod logging;
mod ls;
mod man;
mod misplaced_option;
mod plan;
mod render_profiles;
mod replay;
mod report;
mod root;
mod signals;
mod split;
mod sweep;
mod usage_error;

pub use root::run;
