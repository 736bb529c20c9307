//! The flags: those of `dbt ls`, and a few that give the location of input files.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::reference;

/// List the nodes that dbt would select, without starting dbt.
///
/// Reads the manifest that dbt wrote last: changes since then are not seen; run `dbt parse` to update it. All flags of
/// `dbt ls` are accepted; those not listed here have no effect. dbt does not have --manifest, --selectors, --project-files,
/// --command and `--output queue`. Give several values as `--select a b` or `--select a --select b`.
#[derive(Debug, Args)]
#[command(after_long_help = after_help())]
pub(crate) struct LsArgs {
    /// Nodes to select; a space between two terms means `or`, a comma means `and` [default: all nodes].
    #[arg(help_heading = "Selection", short, long, num_args = 1.., value_name = "SELECTION")]
    pub(super) select: Vec<String>,
    /// As --select, but only models are listed; cannot be used with --select and --resource-type.
    #[arg(help_heading = "Selection", short, long, alias = "model", num_args = 1.., value_name = "SELECTION")]
    pub(super) models: Vec<String>,
    /// Nodes to leave out of the selection.
    #[arg(help_heading = "Selection", long, num_args = 1.., value_name = "SELECTION")]
    pub(super) exclude: Vec<String>,
    /// Name of a selector in selectors.yml, instead of --select and --exclude.
    #[arg(help_heading = "Selection", long, value_name = "NAME")]
    pub(super) selector: Option<String>,
    /// Which tests are selected together with the nodes that they test [env: DBT_INDIRECT_SELECTION] [default: eager].
    #[arg(
        help_heading = "Selection",
        long,
        env = "DBT_INDIRECT_SELECTION",
        hide_env = true,
        ignore_case = true,
        default_value = "eager",
        hide_default_value = true,
        value_name = "MODE"
    )]
    pub(super) indirect_selection: Mode,
    /// Resource types to list, such as `model` or `test` [env: DBT_RESOURCE_TYPES] [default: all].
    #[arg(help_heading = "Selection", long, alias = "resource-types", env = "DBT_RESOURCE_TYPES", hide_env = true, num_args = 1.., value_delimiter = ' ', value_name = "KIND")]
    pub(super) resource_type: Vec<String>,
    /// Resource types to leave out [env: DBT_EXCLUDE_RESOURCE_TYPES].
    #[arg(help_heading = "Selection", long, alias = "exclude-resource-types", env = "DBT_EXCLUDE_RESOURCE_TYPES", hide_env = true, num_args = 1.., value_delimiter = ' ', value_name = "KIND")]
    pub(super) exclude_resource_type: Vec<String>,
    /// Folder with the artifacts of an earlier run, relative to the project, or to the working directory if there is none; needed
    /// for `state:`, `result:` and `source_status:` [env: DBT_STATE].
    #[arg(
        help_heading = "Selection",
        long,
        env = "DBT_STATE",
        hide_env = true,
        value_name = "DIR"
    )]
    pub(super) state: Option<PathBuf>,
    /// What to print [default: selector].
    #[arg(
        help_heading = "Output",
        long,
        ignore_case = true,
        default_value = "selector",
        hide_default_value = true,
        value_name = "FORMAT"
    )]
    pub(super) output: Output,
    /// Keys to print with --output json; since dbt 1.11, dots reach nested keys: `config.materialized` [default: those that
    /// dbt prints].
    #[arg(help_heading = "Output", long, num_args = 1.., value_delimiter = ' ', value_name = "KEY")]
    pub(super) output_keys: Vec<String>,
    /// Variables for the Jinja in selectors.yml, as YAML: `{days: 3}`.
    #[arg(
        help_heading = "Project",
        long,
        default_value = "{}",
        hide_default_value = true,
        value_name = "YAML"
    )]
    pub(super) vars: String,
    /// Name of the dbt profile, for a selectors.yml that uses `target` [env: DBT_PROFILE] [default: `profile` of
    /// dbt_project.yml].
    #[arg(
        help_heading = "Project",
        long,
        env = "DBT_PROFILE",
        hide_env = true,
        value_name = "NAME"
    )]
    pub(super) profile: Option<String>,
    /// Name of the target, for a selectors.yml that uses `target` [env: DBT_TARGET] [default: `target` of the profile].
    #[arg(
        help_heading = "Project",
        short,
        long,
        env = "DBT_TARGET",
        hide_env = true,
        value_name = "NAME"
    )]
    pub(super) target: Option<String>,
    /// Folder with profiles.yml, for a selectors.yml that uses `target` [env: DBT_PROFILES_DIR] [default: the working
    /// directory if it has one, otherwise ~/.dbt].
    #[arg(
        help_heading = "Project",
        long,
        env = "DBT_PROFILES_DIR",
        hide_env = true,
        value_name = "DIR"
    )]
    pub(super) profiles_dir: Option<PathBuf>,
    /// Folder with dbt_project.yml [env: DBT_PROJECT_DIR] [default: the working directory, or the nearest folder above it that has one].
    #[arg(
        help_heading = "Project",
        long,
        env = "DBT_PROJECT_DIR",
        hide_env = true,
        value_name = "DIR"
    )]
    pub(super) project_dir: Option<PathBuf>,
    /// Folder that dbt writes its artifacts to, relative to the project [env: DBT_TARGET_PATH] [default: `target-path` of
    /// dbt_project.yml, otherwise `target`].
    #[arg(
        help_heading = "Project",
        long,
        env = "DBT_TARGET_PATH",
        hide_env = true,
        value_name = "DIR"
    )]
    pub(super) target_path: Option<PathBuf>,
    /// Manifest to read; no dbt project is needed then [default: manifest.json in the target path].
    #[arg(help_heading = "Files", long, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    /// File with the selectors [default: selectors.yml in the project].
    #[arg(help_heading = "Files", long, value_name = "FILE")]
    pub(super) selectors: Option<PathBuf>,
    /// JSON file with the folders and files of the project, relative to it, for `path:`, such as
    /// `{"dirs": ["models"], "files": ["models/orders.sql"]}` [default: the files on disk].
    ///
    /// Needed if the project is not on this machine and `path:` is used, which finds only files and folders that exist.
    #[arg(help_heading = "Files", long, value_name = "FILE")]
    pub(super) project_files: Option<PathBuf>,
    /// dbt command whose nodes to list: `build` lists what `dbt build` would run, in the same way `run`, `test`, `seed`, `snapshot`
    /// and others [default: ls].
    #[arg(
        help_heading = "Selection",
        long,
        default_value = "ls",
        hide_default_value = true,
        value_name = "NAME"
    )]
    pub(super) command: String,
    /// Fail if there is a warning, and list nothing [env: DBT_WARN_ERROR].
    #[arg(help_heading = "Output", long, env = "DBT_WARN_ERROR", hide_env = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) warn_error: bool,
    /// Do not print warnings [env: DBT_QUIET].
    #[arg(help_heading = "Output", short, long, env = "DBT_QUIET", hide_env = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) quiet: bool,
}

const EXAMPLES_AND_EXIT_CODES: &str = "\
Examples:
  prefect-dbt ls --select 'tag:critical+' --exclude resource_type:test
  prefect-dbt ls --select state:modified+ --state prod-artifacts --output name
  prefect-dbt ls --command build --output queue

Exit codes:
  0  the nodes are listed; if none is selected, there is a warning
  2  the selection is invalid, a file cannot be read, or there is a warning with --warn-error";

fn after_help() -> String {
    let reference = reference::plain(dbt_selector::REFERENCE);
    format!("{EXAMPLES_AND_EXIT_CODES}\n\n{reference}")
}

/// What to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A selector for each node, such as `shop.orders`.
    Selector,
    /// The name of each node.
    Name,
    /// The file that defines each node.
    Path,
    /// A JSON object for each node, one per line.
    Json,
    /// One JSON object with the nodes, their dependencies, and their scores, by which dbt orders what can start: the lowest is first.
    Queue,
}

/// `--indirect-selection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Every test of a selected node.
    Eager,
    /// Tests whose parents are all selected.
    Cautious,
    /// As `cautious`, but parents can also be ancestors of selected nodes.
    Buildable,
    /// No tests, unless they are selected themselves.
    Empty,
}

impl From<Mode> for dbt_selector::IndirectSelection {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Eager => Self::Eager,
            Mode::Cautious => Self::Cautious,
            Mode::Buildable => Self::Buildable,
            Mode::Empty => Self::Empty,
        }
    }
}
