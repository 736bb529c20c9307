//! What each command of dbt takes from a selection: its kinds of nodes, and whether nodes without code are among them.

use dbt_manifest::Node;
use thiserror::Error;

use crate::graph::is_without_code;
use crate::selection::Selection;
use crate::warning::Warning;

/// A command of dbt that selects nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Command {
    /// `dbt ls`
    #[default]
    List,
    /// `dbt build`
    Build,
    /// `dbt run`
    Run,
    /// `dbt test`
    Test,
    /// `dbt seed`
    Seed,
    /// `dbt snapshot`
    Snapshot,
    /// `dbt compile`
    Compile,
    /// `dbt show`
    Show,
    /// `dbt docs generate`
    DocsGenerate,
    /// `dbt clone`
    Clone,
    /// `dbt source freshness`
    SourceFreshness,
}

impl Command {
    /// Every command, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::List,
        Self::Build,
        Self::Run,
        Self::Test,
        Self::Seed,
        Self::Snapshot,
        Self::Compile,
        Self::Show,
        Self::DocsGenerate,
        Self::Clone,
        Self::SourceFreshness,
    ];

    /// The command as it is typed after `dbt`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "ls",
            Self::Build => "build",
            Self::Run => "run",
            Self::Test => "test",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Compile => "compile",
            Self::Show => "show",
            Self::DocsGenerate => "docs generate",
            Self::Clone => "clone",
            Self::SourceFreshness => "source freshness",
        }
    }

    /// The command of that name; `list` is another name for `ls`.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name == "list" { "ls" } else { name };
        Self::ALL
            .into_iter()
            .find(|command| command.as_str() == name)
    }

    /// The kinds of nodes that the command takes unless it is told otherwise.
    fn default_kinds(self) -> &'static [&'static str] {
        match self {
            Self::List => &[
                "model",
                "snapshot",
                "seed",
                "test",
                "source",
                "exposure",
                "metric",
                "saved_query",
                "semantic_model",
                "unit_test",
                "function",
            ],
            Self::Build => &[
                "model",
                "snapshot",
                "seed",
                "test",
                "unit_test",
                "saved_query",
                "exposure",
                "function",
            ],
            Self::Run => &["model"],
            Self::Test => &["test", "unit_test"],
            Self::Seed => &["seed"],
            Self::Snapshot => &["snapshot"],
            Self::Compile | Self::Show | Self::DocsGenerate => &[
                "model",
                "test",
                "snapshot",
                "analysis",
                "operation",
                "seed",
                "rpc",
                "sql_operation",
                "function",
            ],
            Self::Clone => &["model", "seed", "snapshot"],
            Self::SourceFreshness => &["source"],
        }
    }

    /// Whether the command knows `--resource-type` and `--exclude-resource-type`.
    fn takes_kinds(self) -> bool {
        matches!(self, Self::List | Self::Build | Self::Test | Self::Clone)
    }

    /// Whether the command drops kinds that it cannot work on, even when they are asked for.
    fn is_bounded(self) -> bool {
        matches!(self, Self::Test | Self::Clone)
    }
}

/// The values of `--resource-type`; all but `default` and `all` are kinds of nodes.
const KIND_VALUES: [&str; 14] = [
    "metric",
    "semantic_model",
    "saved_query",
    "source",
    "analysis",
    "function",
    "model",
    "test",
    "unit_test",
    "exposure",
    "snapshot",
    "seed",
    "default",
    "all",
];

/// Why the kinds asked for cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KindMistake {
    /// A value that is no kind. Upper case letters make none either.
    #[error("`{value}` is not a value of {flag}; the values are {}", known(flag).join(", "))]
    Unknown {
        /// The flag.
        flag: &'static str,
        /// The value.
        value: String,
    },
    /// A command without these flags.
    #[error("`dbt {}` has no {flag}", command.as_str())]
    NotTaken {
        /// The command.
        command: Command,
        /// The flag.
        flag: &'static str,
    },
}

const INCLUDE: &str = "--resource-type";
const EXCLUDE: &str = "--exclude-resource-type";

/// What may follow `flag`: nothing can be all but everything, or all but the default.
fn known(flag: &str) -> Vec<&'static str> {
    let kinds = if flag == INCLUDE { 14 } else { 12 };
    KIND_VALUES[..kinds].to_vec()
}

/// Which of the selected nodes a command takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFilter {
    command: Command,
    kinds: Vec<&'static str>,
}

impl NodeFilter {
    /// What `command` takes: the kinds `include` (by default, those the command is made for) without the kinds `exclude`.
    ///
    /// # Errors
    /// A value that is no kind, or a command that cannot be told kinds.
    pub fn new(
        command: Command,
        include: &[impl AsRef<str>],
        exclude: &[impl AsRef<str>],
    ) -> Result<Self, KindMistake> {
        let defaults = command.default_kinds();
        let mut kinds = Vec::new();
        for value in checked(command, INCLUDE, include)? {
            match value {
                "default" => kinds.extend(defaults),
                "all" => kinds.extend(
                    defaults
                        .iter()
                        .chain((command == Command::List).then_some(&"analysis")),
                ),
                kind => kinds.push(kind),
            }
        }
        if include.is_empty() {
            kinds.extend(defaults);
        }
        let excluded = checked(command, EXCLUDE, exclude)?;
        kinds.retain(|kind| !excluded.contains(kind));
        if command.is_bounded() {
            kinds.retain(|kind| defaults.contains(kind));
        }
        Ok(Self { command, kinds })
    }

    /// What `dbt ls --models` takes.
    pub fn models() -> Self {
        Self {
            command: Command::List,
            kinds: vec!["model"],
        }
    }

    /// Whether the command takes the node.
    pub fn keeps(&self, node: &Node) -> bool {
        self.kinds.contains(&node.resource_type.as_str())
            && (self.command == Command::List || !is_without_code(node))
            && (self.command != Command::SourceFreshness || has_freshness(node))
    }

    /// Leaves in `selection` what the command takes; nothing at all is a warning.
    pub fn apply(&self, selection: &mut Selection<'_>) {
        selection.retain(|node| self.keeps(node));
        if selection.is_empty() {
            selection.warn(Warning::NoNodesSelected);
        }
    }
}

/// The values, as the words of [`KIND_VALUES`].
fn checked(
    command: Command,
    flag: &'static str,
    values: &[impl AsRef<str>],
) -> Result<Vec<&'static str>, KindMistake> {
    if !values.is_empty() && !command.takes_kinds() {
        return Err(KindMistake::NotTaken { command, flag });
    }
    let known = known(flag);
    let check = |value: &str| {
        let found = known.iter().copied().find(|kind| *kind == value);
        found.ok_or_else(|| KindMistake::Unknown {
            flag,
            value: value.to_owned(),
        })
    };
    values.iter().map(|value| check(value.as_ref())).collect()
}

/// Whether the source says how old its data may be: some threshold has both a count and a period.
fn has_freshness(node: &Node) -> bool {
    let freshness = node.fields().value("freshness");
    ["warn_after", "error_after"].into_iter().any(|threshold| {
        let is_set = |part| {
            freshness
                .get(threshold)
                .and_then(|limit| limit.get(part))
                .is_some_and(|v| !v.is_null())
        };
        is_set("count") && is_set("period")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(command: Command, include: &[&str], exclude: &[&str]) -> Vec<&'static str> {
        NodeFilter::new(command, include, exclude).unwrap().kinds
    }

    #[test]
    fn kinds_are_included_first_and_excluded_then() {
        assert_eq!(kinds(Command::Test, &[], &[]), ["test", "unit_test"]);
        assert_eq!(
            kinds(Command::List, &["model", "test"], &["test"]),
            ["model"]
        );
        assert!(!kinds(Command::List, &["default"], &[]).contains(&"analysis"));
        assert!(kinds(Command::List, &["all"], &[]).contains(&"analysis"));
        assert!(kinds(Command::Build, &["source"], &[]).contains(&"source"));
    }

    #[test]
    fn some_commands_take_only_what_they_can_work_on() {
        assert_eq!(kinds(Command::Test, &["model", "test"], &[]), ["test"]);
        assert_eq!(kinds(Command::Clone, &["unit_test"], &[]), [""; 0]);
    }

    #[test]
    fn words_that_are_no_kinds_are_told() {
        let error = |command, include: &[&str], exclude: &[&str]| {
            NodeFilter::new(command, include, exclude)
                .unwrap_err()
                .to_string()
        };
        insta::assert_snapshot!(
            [
                error(Command::List, &["MODEL"], &[]),
                error(Command::List, &[], &["default"]),
                error(Command::Run, &["model"], &[]),
            ]
            .join("\n")
        );
    }

    #[test]
    fn commands_have_the_names_of_dbt() {
        for command in Command::ALL {
            assert_eq!(Command::from_name(command.as_str()), Some(command));
        }
        assert_eq!(Command::from_name("list"), Some(Command::List));
        assert_eq!(Command::from_name("deps"), None);
    }
}
