//! The warning of a run that waits for the Prefect API before dbt starts.

use std::time::Duration;

use crate::model::error_chain;
use crate::observe::Observer;

/// Warns that the start of dbt waits for the Prefect API, for at most `limit`.
pub(crate) fn warn_of_wait(
    observer: &dyn Observer,
    limit: Duration,
    error: &(dyn std::error::Error + 'static),
) {
    observer.on_warning(&format!(
        "{}; trying again for {} s before dbt starts",
        error_chain(error),
        limit.as_secs()
    ));
}
