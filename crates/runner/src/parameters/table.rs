//! The table of parameters.

/// A parameter of a flow run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// What its field in a form is called.
    pub(super) title: &'static str,
    /// What it is for, in Markdown, as the form and the documentation tell it.
    pub(super) description: &'static str,
    /// What it changes.
    pub(super) change: Change,
}

/// What a parameter changes in dbt's command line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    /// All of it.
    Line,
    /// dbt's command.
    Command,
    /// A flag.
    Flag {
        /// The flag, spelled as all versions of dbt know it.
        flag: &'static str,
        /// Flags that mean nothing beside it: they make room, too.
        displaces: &'static [&'static str],
        /// What it takes.
        takes: Takes,
    },
}

/// What a flag takes.
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
    /// An object, or YAML that says the same.
    Object,
    /// Nothing: it is there or it is not. Where dbt knows a `--no-` form, that says no.
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
        description: "The whole dbt command line, in place of the deployment's. The other parameters then change this one.",
        change: Change::Line,
    },
    Parameter {
        name: "command",
        title: "Command",
        description: "The dbt command, in place of the one in the command line: `build`, `test`, `source freshness`.",
        change: Change::Command,
    },
    flag(
        "select",
        "Select",
        ("--select", &["--models", "--selector"]),
        Takes::Words,
        "What to run. A `--selector` of the command line makes room for it.",
    ),
    flag(
        "exclude",
        "Exclude",
        ("--exclude", &[]),
        Takes::Words,
        "What to leave out.",
    ),
    flag(
        "selector",
        "Selector",
        ("--selector", &["--select", "--models", "--exclude"]),
        Takes::Text,
        "The selector of selectors.yml to run. A selection of the command line makes room for it.",
    ),
    flag(
        "indirect_selection",
        "Indirect selection",
        ("--indirect-selection", &[]),
        Takes::OneOf(&["eager", "cautious", "buildable", "empty"]),
        "Which tests run along with what is selected.",
    ),
    flag(
        "resource_type",
        "Resource types",
        ("--resource-type", &[]),
        Takes::Words,
        "The kinds of resources to run, such as `model` and `test`.",
    ),
    flag(
        "exclude_resource_type",
        "Excluded resource types",
        ("--exclude-resource-type", &[]),
        Takes::Words,
        "The kinds of resources to leave out.",
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
        "The profile, in place of the project's.",
    ),
    flag(
        "vars",
        "Variables",
        ("--vars", &[]),
        Takes::Object,
        "Variables of the project: all of them, since those of the command line make room.",
    ),
    flag(
        "full_refresh",
        "Full refresh",
        ("--full-refresh", &[]),
        Takes::Switch,
        "Whether incremental models and seeds are built anew.",
    ),
    flag(
        "fail_fast",
        "Fail fast",
        ("--fail-fast", &[]),
        Takes::Switch,
        "Whether the first failure ends the run.",
    ),
    flag(
        "warn_error",
        "Warnings are errors",
        ("--warn-error", &[]),
        Takes::Switch,
        "Whether dbt's warnings count as errors.",
    ),
    flag(
        "store_failures",
        "Store failures",
        ("--store-failures", &[]),
        Takes::Switch,
        "Whether the rows that fail a test are kept in the database.",
    ),
    flag(
        "threads",
        "Threads",
        ("--threads", &[]),
        Takes::Count,
        "How many nodes dbt runs at once.",
    ),
    flag(
        "state",
        "State",
        ("--state", &[]),
        Takes::Text,
        "The folder of the artifacts that `state:` and deferral compare with.",
    ),
    flag(
        "defer",
        "Defer",
        ("--defer", &[]),
        Takes::Switch,
        "Whether relations that are not built in this run are taken from the state.",
    ),
    flag(
        "defer_state",
        "State to defer to",
        ("--defer-state", &[]),
        Takes::Text,
        "The folder of the artifacts for deferral alone.",
    ),
    flag(
        "favor_state",
        "Favor state",
        ("--favor-state", &[]),
        Takes::Switch,
        "Whether deferral prefers the state's relations to those that exist.",
    ),
    flag(
        "empty",
        "Empty",
        ("--empty", &[]),
        Takes::Switch,
        "Whether everything is built without rows.",
    ),
    flag(
        "sample",
        "Sample",
        ("--sample", &[]),
        Takes::Text,
        "The window of time to read rows from, such as `3 days`.",
    ),
    flag(
        "event_time_start",
        "Event time start",
        ("--event-time-start", &[]),
        Takes::Text,
        "Where the microbatches to build begin: `2026-01-31` or `2026-01-31T10:00:00`.",
    ),
    flag(
        "event_time_end",
        "Event time end",
        ("--event-time-end", &[]),
        Takes::Text,
        "Where the microbatches to build end; this moment is not part of them.",
    ),
    flag(
        "log_level",
        "Log level",
        ("--log-level", &["--debug", "--quiet"]),
        Takes::OneOf(&["debug", "info", "warn", "error", "none"]),
        "The lowest level of the log lines that Prefect gets.",
    ),
];
