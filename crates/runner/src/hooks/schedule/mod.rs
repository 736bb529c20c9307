//! The nodes that dbt is going to run, known before it starts.

mod fresh;
mod plan;

pub(crate) use plan::Schedule;
