//! `cargo xtask tidy`: rules of the house that no compiler and no lint checks. One rule, one file.

mod cycles;
mod edges;
mod environment;
mod floors;
mod layout;
mod leftovers;
mod lexer;
mod manifests;
mod modules;
mod purity;
mod report;
mod run;
mod snapshots;
mod source;
mod surface;
mod uses;
mod vocabulary;

pub(crate) use run::run;
