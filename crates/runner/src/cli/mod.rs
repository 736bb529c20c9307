//! The command line: what only the binary needs. It alone prints and exits.

mod invoke;
mod ls;
mod root;

pub(crate) use root::run;
