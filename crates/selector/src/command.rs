//! The dbt commands that select nodes, and which kinds of nodes each of them accepts.

use dbt_manifest::Node;
use thiserror::Error;

use crate::dialect::Dialect;
use crate::graph::is_without_code;
use crate::method::kind_since;
use crate::selection::Selection;
use crate::warning::Warning;

/// A dbt command that selects nodes.
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
    /// All commands, in the order of dbt's documentation.
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

    /// The command as it is written after `dbt`.
    #[must_use]
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

    /// The command with this name. `list` is another name of `ls`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = if name == "list" { "ls" } else { name };
        Self::ALL
            .into_iter()
            .find(|command| command.as_str() == name)
    }

    /// The kinds of nodes that the command selects by default.
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

    /// Whether the command has the options `--resource-type` and `--exclude-resource-type`.
    fn takes_kinds(self) -> bool {
        matches!(self, Self::List | Self::Build | Self::Test | Self::Clone)
    }

    /// Whether the command ignores requested kinds that it cannot process.
    fn is_bounded(self) -> bool {
        matches!(self, Self::Test | Self::Clone)
    }
}

/// The values of `--resource-type`. All except `default` and `all` are kinds of nodes.
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

/// Invalid values of `--resource-type` or `--exclude-resource-type`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KindError {
    /// The value is not a kind. Letter case matters.
    #[error("invalid value `{value}` for {flag}: expected {}", known(flag, *dialect).join(", "))]
    Unknown {
        /// The option.
        flag: &'static str,
        /// The invalid value.
        value: String,
        /// The version of dbt whose kinds are valid.
        dialect: Dialect,
    },
    /// The command does not have this option.
    #[error("`dbt {}` does not have the option {flag}", command.as_str())]
    NotTaken {
        /// The command.
        command: Command,
        /// The option.
        flag: &'static str,
    },
}

const INCLUDE: &str = "--resource-type";
const EXCLUDE: &str = "--exclude-resource-type";

/// The valid values of `flag`. Everything, or the default, cannot be excluded.
fn known(flag: &str, dialect: Dialect) -> Vec<&'static str> {
    let kinds = if flag == INCLUDE { 14 } else { 12 };
    let kinds = KIND_VALUES[..kinds].iter().copied();
    kinds.filter(|kind| dialect >= kind_since(kind)).collect()
}

/// Whether there is no other kind than this one.
fn is_only(kinds: &[&str], only: &str) -> bool {
    !kinds.is_empty() && kinds.iter().all(|kind| *kind == only)
}

/// Which of the selected nodes a command processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFilter {
    command: Command,
    kinds: Vec<&'static str>,
}

impl NodeFilter {
    /// The filter of `command`: the kinds `include` (if empty, the command's default) without the kinds `exclude`.
    ///
    /// # Errors
    /// If a value is not a kind of this version of dbt, or if the command does not have these options.
    pub fn new(
        command: Command,
        include: &[impl AsRef<str>],
        exclude: &[impl AsRef<str>],
        dialect: Dialect,
    ) -> Result<Self, KindError> {
        let defaults = command.default_kinds();
        let mut kinds = Vec::new();
        for value in checked(command, INCLUDE, include, dialect)? {
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
        let excluded = checked(command, EXCLUDE, exclude, dialect)?;
        kinds.retain(|kind| !excluded.contains(kind));
        if command.is_bounded() {
            kinds.retain(|kind| defaults.contains(kind));
        }
        // In dbt 1.8 only, `ls` lists unit tests with the tests if nothing else is asked for.
        let is_1_8 = (Dialect::V1_8..Dialect::V1_9).contains(&dialect);
        if is_1_8 && command == Command::List && is_only(&kinds, "test") {
            kinds.push("unit_test");
        }
        Ok(Self { command, kinds })
    }

    /// The filter of `command` with its default kinds.
    #[must_use]
    pub fn of(command: Command) -> Self {
        Self {
            command,
            kinds: command.default_kinds().to_vec(),
        }
    }

    /// The filter of `dbt ls --models`.
    #[must_use]
    pub fn models() -> Self {
        Self {
            command: Command::List,
            kinds: vec!["model"],
        }
    }

    /// Whether the command processes the node.
    #[must_use]
    pub fn keeps(&self, node: &Node) -> bool {
        self.kinds.contains(&node.resource_type.as_str())
            && (self.command == Command::List || !is_without_code(node))
            && (self.command != Command::SourceFreshness || node.has_freshness)
    }

    /// Removes all other nodes from `selection`. Adds a warning if no node is left.
    pub fn apply(&self, selection: &mut Selection<'_>) {
        selection.retain(|node| self.keeps(node));
        if selection.is_empty() {
            selection.warn(Warning::NoNodesSelected);
        }
    }
}

/// Converts the values to the texts of [`KIND_VALUES`].
fn checked(
    command: Command,
    flag: &'static str,
    values: &[impl AsRef<str>],
    dialect: Dialect,
) -> Result<Vec<&'static str>, KindError> {
    if !values.is_empty() && !command.takes_kinds() {
        return Err(KindError::NotTaken { command, flag });
    }
    let known = known(flag, dialect);
    let check = |value: &str| {
        let found = known.iter().copied().find(|kind| *kind == value);
        found.ok_or_else(|| KindError::Unknown {
            flag,
            value: value.to_owned(),
            dialect,
        })
    };
    values.iter().map(|value| check(value.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(command: Command, include: &[&str], exclude: &[&str]) -> Vec<&'static str> {
        let filter = NodeFilter::new(command, include, exclude, Dialect::default());
        filter.unwrap().kinds
    }

    #[test]
    fn excluded_kinds_are_removed_from_included_kinds() {
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
    fn some_commands_ignore_kinds_that_they_cannot_process() {
        assert_eq!(kinds(Command::Test, &["model", "test"], &[]), ["test"]);
        assert_eq!(kinds(Command::Clone, &["unit_test"], &[]), [""; 0]);
    }

    /// The kinds that `ls --resource-type` lists.
    fn listed(include: &[&str], dialect: Dialect) -> Result<Vec<&'static str>, KindError> {
        NodeFilter::new(Command::List, include, &[""; 0], dialect).map(|filter| filter.kinds)
    }

    #[test]
    fn tests_include_unit_tests_in_1_8_only() {
        let both = vec!["test", "unit_test"];
        assert_eq!(listed(&["test"], Dialect::V1_8), Ok(both));
        for dialect in [Dialect::V1_7, Dialect::V1_9, Dialect::V1_12] {
            assert_eq!(listed(&["test"], dialect), Ok(vec!["test"]), "{dialect}");
        }
        let more = listed(&["test", "seed"], Dialect::V1_8);
        assert_eq!(more, Ok(vec!["test", "seed"]));
    }

    #[test]
    fn function_is_a_kind_since_1_11() {
        assert_eq!(listed(&["function"], Dialect::V1_11), Ok(vec!["function"]));
        let error = listed(&["function"], Dialect::V1_10).unwrap_err();
        let error = error.to_string();
        assert!(!error.ends_with("function, model"), "{error}");
        assert!(error.contains("invalid value `function`"), "{error}");
    }

    #[test]
    fn values_that_are_not_kinds_are_errors() {
        let error = |command, include: &[&str], exclude: &[&str]| {
            NodeFilter::new(command, include, exclude, Dialect::default())
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
    fn commands_have_the_same_names_as_in_dbt() {
        for command in Command::ALL {
            assert_eq!(Command::from_name(command.as_str()), Some(command));
        }
        assert_eq!(Command::from_name("list"), Some(Command::List));
        assert_eq!(Command::from_name("deps"), None);
    }
}
