//! The flags that decide which nodes are selected.

use dbt_selector::{Command, Dialect, IndirectSelection, KindError, NodeFilter, Request};

use crate::dbt::CommandLine;
use crate::dbt::command_line::Flag;

/// The flags that decide which nodes are selected, from the command line and the environment, as dbt reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SelectionFlags {
    /// The values of `--select`.
    pub(crate) select: Vec<String>,
    /// The values of `--exclude`.
    pub(crate) exclude: Vec<String>,
    /// The value of `--selector`.
    pub(crate) selector: Option<String>,
    /// The value of `--indirect-selection`.
    pub(crate) indirect_selection: Option<String>,
    /// The values of `--resource-types`.
    pub(crate) resource_types: Vec<String>,
    /// The values of `--exclude-resource-types`.
    pub(crate) excluded_resource_types: Vec<String>,
    /// The value of `--state`, relative to the project.
    pub(crate) state: Option<String>,
    /// The value of `--vars`.
    pub(crate) vars: Option<String>,
    /// The value of `--target`.
    pub(crate) target: Option<String>,
    /// The value of `--profile`.
    pub(crate) profile: Option<String>,
    /// Whether the command runs no node of the manifest: with `--inline`, or with `--no-compile`.
    pub(crate) runs_no_nodes: bool,
}

impl SelectionFlags {
    /// Reads a command line, and the environment for flags that it does not have.
    pub(crate) fn from_env(line: &CommandLine) -> Self {
        Self::read(line, |name| {
            let value = std::env::var_os(name)?.into_string().ok()?;
            (!value.is_empty()).then_some(value)
        })
    }

    /// Reads a command line, and the variables of `env` for flags that it does not have.
    pub(crate) fn read(line: &CommandLine, env: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |flag| env(&Flag::named(flag)?.variable()?);
        let list = |flag| line.list(flag).into_iter().map(str::to_owned).collect();
        let words = |flag| {
            let given = line.list(flag).join(" ");
            let given = line.has(flag).then_some(given);
            let text = given.or_else(|| variable(flag)).unwrap_or_default();
            text.split_whitespace().map(str::to_owned).collect()
        };
        let value = |flag| {
            let given = line.value(flag).map(str::to_owned);
            given.or_else(|| variable(flag))
        };
        Self {
            select: list("--select"),
            exclude: list("--exclude"),
            selector: value("--selector"),
            indirect_selection: value("--indirect-selection"),
            resource_types: words("--resource-types"),
            excluded_resource_types: words("--exclude-resource-types"),
            state: value("--state"),
            vars: value("--vars"),
            target: value("--target"),
            profile: value("--profile"),
            runs_no_nodes: line.has("--inline")
                || line.has("--inline-direct")
                || line.switch("--compile") == Some(false),
        }
    }

    /// Which tests of the selected nodes are selected too.
    pub(crate) fn mode(&self) -> IndirectSelection {
        match self
            .indirect_selection
            .as_deref()
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("cautious") => IndirectSelection::Cautious,
            Some("buildable") => IndirectSelection::Buildable,
            Some("empty") => IndirectSelection::Empty,
            _ => IndirectSelection::Eager,
        }
    }

    /// The request for the selector, for this command, with the rules of this version of dbt.
    ///
    /// # Errors
    /// When a resource type is unknown.
    pub(crate) fn request(&self, command: Command, dialect: Dialect) -> Result<Request, KindError> {
        // dbt ignores the variable for commands without the flag.
        let flag = Flag::named("--resource-types");
        let has_flag = flag.is_some_and(|flag| flag.is_taken_by(command.as_str()));
        let types = |list: &[String]| match has_flag {
            true => list.to_vec(),
            false => Vec::new(),
        };
        let filter = NodeFilter::new(
            command,
            &types(&self.resource_types),
            &types(&self.excluded_resource_types),
            dialect,
        )?;
        let mut request = Request::new(filter);
        request.select.clone_from(&self.select);
        request.exclude.clone_from(&self.exclude);
        request.selector.clone_from(&self.selector);
        request.mode = self.mode();
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str], env: &[(&str, &str)]) -> SelectionFlags {
        SelectionFlags::read(&CommandLine::parse(args), |name| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn lists_end_at_the_next_flag_and_can_be_repeated() {
        let flags = read(
            &[
                "build",
                "-s",
                "a",
                "b c",
                "--threads",
                "2",
                "--select=d",
                "e",
                "--exclude",
                "f",
                "-t",
                "prod",
            ],
            &[],
        );
        // dbt_selector splits values at spaces.
        assert_eq!(flags.select, ["a", "b c", "d", "e"]);
        assert_eq!(flags.exclude, ["f"]);
        assert_eq!(flags.target.as_deref(), Some("prod"));
    }

    #[test]
    fn flags_beat_the_environment() {
        let env = [
            ("DBT_INDIRECT_SELECTION", "empty"),
            ("DBT_RESOURCE_TYPES", "model test"),
        ];
        let flags = read(&["build", "--indirect-selection", "cautious"], &env);
        assert_eq!(flags.mode(), IndirectSelection::Cautious);
        assert_eq!(flags.resource_types, ["model", "test"]);
        assert_eq!(read(&["build"], &env).mode(), IndirectSelection::Empty);
    }

    #[test]
    fn a_value_may_be_joined_to_its_flag() {
        let read = |args: &str| {
            let args: Vec<&str> = args.split(' ').collect();
            SelectionFlags::read(&CommandLine::parse(&args), |_| None)
        };
        let joined = read("build -stag:nightly -tprod -x");
        assert_eq!(joined.select, ["tag:nightly"]);
        assert_eq!(joined.target.as_deref(), Some("prod"));
        assert!(!joined.runs_no_nodes);
        assert_eq!(read("build -xs orders").select, ["orders"]);
        assert_eq!(read("build --select=").select, [""]);
    }

    #[test]
    fn an_inline_query_runs_no_nodes() {
        assert!(read(&["show", "--inline", "select 1"], &[]).runs_no_nodes);
        assert!(!read(&["show", "-s", "a"], &[]).runs_no_nodes);
    }
}
