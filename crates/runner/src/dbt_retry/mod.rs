//! Plans retries: which nodes did not succeed, and whether `dbt retry` can run exactly these.

mod dropped_flags;
mod plan;
mod remaining_nodes;
mod results;
mod retry_guard;
mod save;

pub(crate) use plan::plan;
pub(crate) use retry_guard::RetryGuard;
pub(crate) use save::{EndedAttempt, save, save_started};
