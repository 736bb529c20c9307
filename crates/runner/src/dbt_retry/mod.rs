//! Plans retries: which nodes did not succeed, and whether `dbt retry` can run exactly these.

mod dropped_flags;
mod open_record;
mod plan;
mod remaining_nodes;
mod restore;
mod results;
mod retry_guard;
mod save;
mod schedule;

pub(crate) use open_record::OpenRecord;
pub(crate) use plan::{NO_RECORD, plan};
pub(crate) use restore::{ledger_head, restore};
pub(crate) use retry_guard::RetryGuard;
pub(crate) use save::{AttemptEnd, EndedAttempt, original_line, save, save_started};
pub(crate) use schedule::schedule;
