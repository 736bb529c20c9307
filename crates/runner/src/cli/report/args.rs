//! The options of `report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Make a page about one run: state and numbers, nodes over time, failures, the critical path, and what differs from earlier
/// runs.
///
/// Reads the journal of the run. If that is delivered and gone, reads the history, and dbt's results if they are of the same
/// run. Sends nothing, and starts nothing.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ReportArgs {
    /// Id of a run, the path of its journal, or `latest` [default: latest].
    ///
    /// The id is the name of the journal, and `run_id` of `invoke --output json`. A run whose journal is gone is looked up in the
    /// history of --target. `latest` is the newest run of the journals and of that history; if there is none, what dbt left in
    /// the target folder of the project.
    #[arg(value_name = "RUN|JOURNAL", conflicts_with = "artifacts")]
    pub(super) run: Option<String>,
    /// Read the artifacts in this folder instead of a journal, relative to the working directory; cannot be used with RUN.
    #[arg(long, value_name = "DIR")]
    pub(super) artifacts: Option<PathBuf>,
    /// File to write the page to, in the format that --output says, whatever its name is [default: standard output].
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Format of the page [default: html].
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    pub(super) output: Form,
    /// Target of dbt whose history is read: the earlier runs to compare with, and the run itself if its journal is gone [env:
    /// DBT_TARGET] [default: `target` of the profile].
    #[arg(short, long, value_name = "NAME")]
    pub(super) target: Option<String>,
    /// Folder with dbt_project.yml [env: DBT_PROJECT_DIR] [default: the working directory, or the nearest folder above it
    /// that has one].
    #[arg(long, value_name = "DIR")]
    pub(super) project_dir: Option<PathBuf>,
    /// Folder of journals and history, relative to the working directory: the --journal-dir of the runs [default: .prefect-dbt in
    /// the project].
    #[arg(long, value_name = "DIR")]
    pub(super) journal_dir: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt report -o run.html
  prefect-dbt report --artifacts target --output markdown

Exit codes:
  0  the page is written, also if the run failed
  2  the run is not found, or a file cannot be read or written";

/// The format of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// One HTML file, which loads nothing.
    #[default]
    Html,
    /// Markdown.
    Markdown,
    /// One JSON object with everything that the page has.
    Json,
    /// A trace for trace viewers, such as Perfetto.
    ChromeTrace,
}
