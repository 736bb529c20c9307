//! What dbt is going to run, known before it starts.

mod flags;
mod fresh;
mod nodes;
mod plan;

pub(super) use plan::Schedule;
pub(crate) use plan::{names_state, selected};
