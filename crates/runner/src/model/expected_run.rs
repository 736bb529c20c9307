//! How long a run is expected to take.

use std::collections::BTreeMap;

use uuid::Uuid;

/// What earlier runs with the same command line took: medians of at most ten, in seconds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExpectedRun {
    /// The run that is expected to take as long.
    pub run_id: Uuid,
    /// The time from the start of the first node to dbt's last event.
    pub seconds: f64,
    /// The time of each node that the last of these runs had, by unique_id.
    pub nodes: BTreeMap<String, f64>,
}
