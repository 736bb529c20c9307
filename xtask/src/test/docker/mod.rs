//! The tests with containers.

mod daemon;
mod images;
mod run;

pub(super) use run::run;
