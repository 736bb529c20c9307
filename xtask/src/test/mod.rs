//! `cargo xtask test`: all tests of the workspace, with what they need around them.

mod browser;
mod docker;
mod full;
mod installed;
mod kubernetes;
mod lost_disks;
mod postgres;
mod run;
mod versions;

pub(crate) use run::run;
