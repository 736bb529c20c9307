//! What `dbt retry` would run after an attempt, what it should run, and which of the two the next attempt uses.

mod dropped_flags;
mod guard;
mod plan;
mod remaining;
mod results;
mod save;

pub(crate) use guard::Guard;
pub(crate) use plan::plan;
pub(crate) use save::{Ended, begin, save};
