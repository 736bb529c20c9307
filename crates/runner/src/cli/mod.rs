//! The command line: what only the binary needs. It alone prints and exits.

mod account;
mod console;
mod deploy;
mod doctor;
mod error_report;
mod hooks;
mod invoke;
mod line;
mod logging;
mod ls;
mod notice;
mod printer;
#[cfg(test)]
mod recorded;
mod render_profiles;
mod replay;
mod result;
mod root;
mod signals;
mod split;

pub use root::run;
