//! `cargo xtask tidy`: rules of the house that no compiler and no lint checks. One rule, one file.

mod edges;
mod environment;
mod layout;
mod leftovers;
mod manifests;
mod modules;
mod purity;
mod report;
mod run;
mod snapshots;
mod source;
mod surface;
mod vocabulary;

pub(crate) use run::run;
