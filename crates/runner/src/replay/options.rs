//! The options of a replay.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::LogLevel;

/// Options of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayOptions {
    /// The manifest for a log of dbt. If it is not given, it is looked for beside the log.
    pub manifest: Option<PathBuf>,
    /// Name of the flow for a run that was not reported; `dbt <command>` if it is not given.
    pub flow_name: Option<String>,
    /// Name of the flow run for a run that was not reported.
    pub flow_run_name: Option<String>,
    /// Tags of the flow run for a run that was not reported.
    pub tags: Vec<String>,
    /// The lowest level of the log lines that are sent from a log of dbt.
    pub log_level: LogLevel,
    /// Maximum number of log lines and events per minute.
    pub rate: Option<u32>,
    /// Maximum number of log lines and events per run. The ends of nodes are sent even beyond it.
    pub budget: Option<u32>,
    /// How long the server is asked whether it has everything, and an outage is waited out.
    pub verify_timeout: Duration,
    /// Whether delivered journals are kept.
    pub keep: bool,
    /// Whether the journals of a folder are delivered that belong to runs that were not reported. A journal that is given itself
    /// always is.
    pub include_unreported: bool,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        Self {
            manifest: None,
            flow_name: None,
            flow_run_name: None,
            tags: Vec::new(),
            log_level: LogLevel::Info,
            rate: None,
            budget: None,
            verify_timeout: Duration::from_secs(120),
            keep: false,
            include_unreported: false,
        }
    }
}
