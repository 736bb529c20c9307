//! Plans retries: which nodes did not succeed, and whether `dbt retry` can run exactly these.

mod dropped_flags;
mod ledger_head;
mod open_record;
mod plan;
mod remaining_nodes;
#[cfg(feature = "cli")]
mod restore;
mod results;
mod retry_guard;
mod save;
mod schedule;

pub(crate) use ledger_head::ledger_head;
pub(crate) use open_record::OpenRecord;
pub(crate) use plan::{NO_RECORD, plan};
#[cfg(feature = "cli")]
pub(crate) use restore::restore;
pub(crate) use retry_guard::RetryGuard;
pub(crate) use save::{AttemptEnd, EndedAttempt, original_line, save, save_started};
pub(crate) use schedule::schedule;
