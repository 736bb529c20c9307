//! The table of parameters.

/// A parameter of a flow run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// The title of its field in a form.
    pub(super) title: &'static str,
    /// The description in the form and in the documentation, in Markdown.
    pub(super) description: &'static str,
    /// What it changes.
    pub(super) change: Change,
}

/// The part of dbt's command line that a parameter changes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// The whole command line.
    Line,
    /// dbt's command.
    Command,
    /// A flag.
    Flag {
        /// The flag, spelled as all versions of dbt know it.
        flag: &'static str,
        /// Other flags that are removed, because they have no effect together with it.
        displaces: &'static [&'static str],
        /// The type of its value.
        takes: Takes,
    },
}

/// The type of the value of a flag.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// Any number of words.
    Words,
    /// One text.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number from 1.
    Count,
    /// An object, or YAML text.
    Object,
    /// No value: true adds the flag, false removes it or adds its `--no-` form if it has one.
    Switch,
}

const fn flag(
    name: &'static str,
    title: &'static str,
    (flag, displaces): (&'static str, &'static [&'static str]),
    takes: Takes,
    description: &'static str,
) -> Parameter {
    let change = Change::Flag {
        flag,
        displaces,
        takes,
    };
    Parameter {
        name,
        title,
        description,
        change,
    }
}

/// Every parameter, in the order of the form, which is also the order in which they are applied.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "args",
        title: "dbt arguments",
        description: "The whole dbt command line, instead of the one of the deployment. The other parameters change it.",
        change: Change::Line,
    },
    Parameter {
        name: "command",
        title: "Command",
        description: "The dbt command, such as `build`, `test` or `source freshness`.",
        change: Change::Command,
    },
    flag(
        "select",
        "Select",
        ("--select", &["--models", "--selector"]),
        Takes::Words,
        "The nodes to run. Replaces a `--selector` of the command line.",
    ),
    flag(
        "exclude",
        "Exclude",
        ("--exclude", &[]),
        Takes::Words,
        "The nodes to leave out.",
    ),
    flag(
        "selector",
        "Selector",
        ("--selector", &["--select", "--models", "--exclude"]),
        Takes::Text,
        "The selector of selectors.yml to run. Replaces a selection of the command line.",
    ),
    flag(
        "indirect_selection",
        "Indirect selection",
        ("--indirect-selection", &[]),
        Takes::OneOf(&["eager", "cautious", "buildable", "empty"]),
        "Which tests run together with the selected nodes.",
    ),
    flag(
        "resource_type",
        "Resource types",
        ("--resource-type", &[]),
        Takes::Words,
        "The resource types to run, such as `model` and `test`.",
    ),
    flag(
        "exclude_resource_type",
        "Excluded resource types",
        ("--exclude-resource-type", &[]),
        Takes::Words,
        "The resource types to leave out.",
    ),
    flag(
        "target",
        "Target",
        ("--target", &[]),
        Takes::Text,
        "The target of the profile.",
    ),
    flag(
        "profile",
        "Profile",
        ("--profile", &[]),
        Takes::Text,
        "The profile, instead of the one in dbt_project.yml.",
    ),
    flag(
        "vars",
        "Variables",
        ("--vars", &[]),
        Takes::Object,
        "The variables of the project. Replaces all variables of the command line.",
    ),
    flag(
        "full_refresh",
        "Full refresh",
        ("--full-refresh", &[]),
        Takes::Switch,
        "Whether incremental models and seeds are dropped and built again.",
    ),
    flag(
        "fail_fast",
        "Fail fast",
        ("--fail-fast", &[]),
        Takes::Switch,
        "Whether the run stops at the first failure.",
    ),
    flag(
        "warn_error",
        "Warnings are errors",
        ("--warn-error", &[]),
        Takes::Switch,
        "Whether warnings of dbt are errors.",
    ),
    flag(
        "store_failures",
        "Store failures",
        ("--store-failures", &[]),
        Takes::Switch,
        "Whether the rows that fail a test are stored in the database.",
    ),
    flag(
        "threads",
        "Threads",
        ("--threads", &[]),
        Takes::Count,
        "Maximum number of nodes that dbt runs at the same time.",
    ),
    flag(
        "state",
        "State",
        ("--state", &[]),
        Takes::Text,
        "The folder with the artifacts of an earlier run, for `state:` and deferral.",
    ),
    flag(
        "defer",
        "Defer",
        ("--defer", &[]),
        Takes::Switch,
        "Whether relations that this run does not build are taken from the state.",
    ),
    flag(
        "defer_state",
        "State to defer to",
        ("--defer-state", &[]),
        Takes::Text,
        "The folder with the artifacts for deferral, if it is another one.",
    ),
    flag(
        "favor_state",
        "Favor state",
        ("--favor-state", &[]),
        Takes::Switch,
        "Whether deferral prefers relations of the state to existing ones.",
    ),
    flag(
        "empty",
        "Empty",
        ("--empty", &[]),
        Takes::Switch,
        "Whether models are built without rows.",
    ),
    flag(
        "sample",
        "Sample",
        ("--sample", &[]),
        Takes::Text,
        "The time window of the rows to read, such as `3 days`.",
    ),
    flag(
        "event_time_start",
        "Event time start",
        ("--event-time-start", &[]),
        Takes::Text,
        "The start of the microbatches to build: `2026-01-31` or `2026-01-31T10:00:00`.",
    ),
    flag(
        "event_time_end",
        "Event time end",
        ("--event-time-end", &[]),
        Takes::Text,
        "The end of the microbatches to build (exclusive).",
    ),
    flag(
        "log_level",
        "Log level",
        ("--log-level", &["--debug", "--quiet"]),
        Takes::OneOf(&["debug", "info", "warn", "error", "none"]),
        "The lowest level of the log lines that are shown and sent to Prefect.",
    ),
];
