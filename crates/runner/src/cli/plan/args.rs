//! The options of `plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Show what a dbt command would run and how long it would take, without starting dbt.
///
/// Reads the manifest that dbt wrote last, and the durations of the last runs of the same target, which `prefect-dbt invoke`
/// keeps. A node that has not run yet counts as the median of its resource type. The order is that of dbt's own queue.
///
/// Everything after `--` is a command line of dbt; flags such as --project-dir and --target belong there.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct PlanArgs {
    /// Folder with the artifacts of an earlier run, relative to the project, unless dbt's arguments name one [env: DBT_STATE].
    #[arg(long, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// Manifest to read [default: manifest.json in the target path].
    #[arg(long, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    /// Folder of journals and history, relative to the working directory: the --journal-dir of the runs [default: .prefect-dbt in
    /// the project].
    #[arg(long, value_name = "DIR")]
    pub(super) journal_dir: Option<PathBuf>,
    /// What to print [default: text].
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub(super) output: Form,
    /// The dbt command and its arguments, such as `build --select tag:nightly`.
    #[arg(required = true, last = true, value_name = "DBT ARGUMENTS")]
    pub(super) dbt: Vec<String>,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt plan -- build --select tag:nightly --threads 8
  prefect-dbt plan --output json -- run --project-dir shop --target prod

Exit codes:
  0  the plan is printed; if no node is selected, there is a warning
  2  the selection is invalid, or a file cannot be read

The JSON has the fields command, nodes (unique_id, position, expected_s, reason),
total_expected_s, critical_path and stale (why the manifest may be out of date). A reason says
why a node runs: selected, on-run-start, on-run-end, or the model of a unit test. Durations are
in seconds, and null without a history; total_expected_s is from dbt's first event to its last.";

/// The format of the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}
