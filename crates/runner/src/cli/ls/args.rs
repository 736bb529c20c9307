//! The flags: those of `dbt ls`, and a few that say where to find what dbt would find by itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Lists what dbt would select, without starting dbt.
///
/// Flags that take several values take them in any number after one flag, or with the flag repeated.
#[derive(Debug, Args)]
#[command(after_long_help = dbt_selector::REFERENCE)]
pub(crate) struct LsArgs {
    /// What to select: terms joined by spaces (any of them) and commas (all of them).
    #[arg(short, long, num_args = 1.., value_name = "SELECTION")]
    pub(super) select: Vec<String>,
    /// As --select, and of what it selects the models alone.
    #[arg(short, long, alias = "model", num_args = 1.., value_name = "SELECTION")]
    pub(super) models: Vec<String>,
    /// What not to select.
    #[arg(long, num_args = 1.., value_name = "SELECTION")]
    pub(super) exclude: Vec<String>,
    /// A selector of selectors.yml, in place of --select and --exclude.
    #[arg(long, value_name = "NAME")]
    pub(super) selector: Option<String>,
    /// Which tests come with the selected nodes.
    #[arg(
        long,
        env = "DBT_INDIRECT_SELECTION",
        ignore_case = true,
        default_value = "eager"
    )]
    pub(super) indirect_selection: Mode,
    /// The kinds of nodes to keep.
    #[arg(long, alias = "resource-types", env = "DBT_RESOURCE_TYPES", num_args = 1.., value_delimiter = ' ', value_name = "KIND")]
    pub(super) resource_type: Vec<String>,
    /// The kinds of nodes to leave out.
    #[arg(long, alias = "exclude-resource-types", env = "DBT_EXCLUDE_RESOURCE_TYPES", num_args = 1.., value_delimiter = ' ', value_name = "KIND")]
    pub(super) exclude_resource_type: Vec<String>,
    /// The folder with artifacts of an earlier run, relative to the project: for state:, result: and source_status:.
    #[arg(long, env = "DBT_STATE", value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// What to print of each node; `queue` prints one JSON object with the order of work.
    #[arg(long, ignore_case = true, default_value = "selector")]
    pub(super) output: Output,
    /// The keys to print with `--output json`; dots lead into mappings.
    #[arg(long, num_args = 1.., value_delimiter = ' ', value_name = "KEY")]
    pub(super) output_keys: Vec<String>,
    /// Variables for selectors.yml, as YAML: `{days: 3}`.
    #[arg(
        long,
        default_value = "{}",
        hide_default_value = true,
        value_name = "YAML"
    )]
    pub(super) vars: String,
    /// The profile, for selectors.yml that use `target`.
    #[arg(long, env = "DBT_PROFILE", value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// The target of the profile, likewise.
    #[arg(short, long, env = "DBT_TARGET", value_name = "NAME")]
    pub(super) target: Option<String>,
    /// The folder with profiles.yml, likewise.
    #[arg(long, env = "DBT_PROFILES_DIR", value_name = "DIR")]
    pub(super) profiles_dir: Option<PathBuf>,
    /// The folder with dbt_project.yml; by default the current one, or the nearest above that has it.
    #[arg(long, env = "DBT_PROJECT_DIR", value_name = "DIR")]
    pub(super) project_dir: Option<PathBuf>,
    /// The folder that dbt writes to, relative to the project.
    #[arg(long, env = "DBT_TARGET_PATH", value_name = "DIR")]
    pub(super) target_path: Option<PathBuf>,
    /// The manifest; by default manifest.json of the target path. With it, no dbt project is needed.
    #[arg(long, value_name = "FILE")]
    pub(super) manifest: Option<PathBuf>,
    /// The file with the selectors; by default selectors.yml of the project.
    #[arg(long, value_name = "FILE")]
    pub(super) selectors: Option<PathBuf>,
    /// A listing of the project's files for path:, as JSON with the keys `dirs` and `files`; by default the disk is asked.
    #[arg(long, value_name = "FILE")]
    pub(super) project_files: Option<PathBuf>,
    /// The command of dbt to answer for: what would `dbt build` run?
    #[arg(long, default_value = "ls", value_name = "NAME")]
    pub(super) command: String,
    /// Print no warnings.
    #[arg(short, long, env = "DBT_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) quiet: bool,
}

/// What to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// The text that selects the node.
    Selector,
    /// The node's name.
    Name,
    /// The file that defines the node.
    Path,
    /// A JSON object for each node.
    Json,
    /// One JSON object with the nodes, what they wait for, and their scores.
    Queue,
}

/// `--indirect-selection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Tests of any selected node.
    Eager,
    /// Tests all of whose parents are selected.
    Cautious,
    /// As cautious; parents may be ancestors of what is selected, too.
    Buildable,
    /// No tests.
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
