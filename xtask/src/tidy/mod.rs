//! `cargo xtask tidy`: the project's rules that no compiler and no lint checks. Each file holds one rule.

mod cycles;
mod edges;
mod environment;
mod floors;
mod layout;
mod leftovers;
mod lexer;
mod manifests;
mod modules;
mod msrv;
mod purity;
mod report;
mod run;
mod snapshots;
mod source;
mod surface;
mod uses;
mod vocabulary;
mod words;

pub(crate) use run::run;
