//! `cargo xtask test`: all tests of the workspace, with what they need around them.

mod browser;
mod full;
mod installed;
mod postgres;
mod run;
mod versions;

pub(crate) use run::run;
