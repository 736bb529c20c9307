//! Runs of the library, in this process, with a stand-in for dbt.

mod program;
mod settings;
mod shown;
