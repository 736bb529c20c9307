//! The nodes that dbt is going to run, known before it starts.

mod manifest_freshness;
mod project_files;
mod project_manifest;
mod scheduled_nodes;

pub(super) use scheduled_nodes::ScheduledNodes;
