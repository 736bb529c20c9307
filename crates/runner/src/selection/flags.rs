//! The flags that decide what is selected.

use dbt_selector::{Command, Dialect, IndirectSelection, KindMistake, NodeFilter, Request};

use crate::dbt::CommandLine;
use crate::dbt::command_line::Flag;

/// What the command line and the environment say of what is selected, as dbt reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SelectionFlags {
    pub(crate) select: Vec<String>,
    pub(crate) exclude: Vec<String>,
    pub(crate) selector: Option<String>,
    pub(crate) mode: Option<String>,
    pub(crate) kinds: Vec<String>,
    pub(crate) excluded_kinds: Vec<String>,
    pub(crate) state: Option<String>,
    pub(crate) vars: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) profile: Option<String>,
    /// Whether the command works on something that is in no manifest (`--inline`), or on nothing (`--no-compile`).
    pub(crate) beyond: bool,
}

impl SelectionFlags {
    /// Those of a command line, with the environment where it says nothing.
    pub(crate) fn from_env(line: &CommandLine) -> Self {
        Self::read(line, |name| {
            let value = std::env::var_os(name)?.into_string().ok()?;
            (!value.is_empty()).then_some(value)
        })
    }

    /// Those of a command line, with `env` where it says nothing.
    pub(crate) fn read(line: &CommandLine, env: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |flag| env(&Flag::named(flag)?.variable()?);
        let list = |flag| line.list(flag).into_iter().map(str::to_owned).collect();
        let kinds = |flag| {
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
            mode: value("--indirect-selection"),
            kinds: kinds("--resource-types"),
            excluded_kinds: kinds("--exclude-resource-types"),
            state: value("--state"),
            vars: value("--vars"),
            target: value("--target"),
            profile: value("--profile"),
            beyond: line.has("--inline")
                || line.has("--inline-direct")
                || line.switch("--compile") == Some(false),
        }
    }

    /// Which tests come with what is selected.
    pub(crate) fn mode(&self) -> IndirectSelection {
        match self.mode.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("cautious") => IndirectSelection::Cautious,
            Some("buildable") => IndirectSelection::Buildable,
            Some("empty") => IndirectSelection::Empty,
            _ => IndirectSelection::Eager,
        }
    }

    /// What these flags ask of the command.
    pub(crate) fn request(
        &self,
        command: Command,
        dialect: Dialect,
    ) -> Result<Request, KindMistake> {
        // The variables of the environment concern the commands that know the flags, and no other.
        let flag = Flag::named("--resource-types");
        let knows_kinds = flag.is_some_and(|flag| flag.is_taken_by(command.as_str()));
        let kinds = |list: &[String]| match knows_kinds {
            true => list.to_vec(),
            false => Vec::new(),
        };
        let (include, exclude) = (kinds(&self.kinds), kinds(&self.excluded_kinds));
        let filter = NodeFilter::new(command, &include, &exclude, dialect)?;
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
    fn lists_go_on_to_the_next_flag_and_repeat() {
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
        assert_eq!(flags.kinds, ["model", "test"]);
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
        assert!(!joined.beyond);
        assert_eq!(read("build -xs orders").select, ["orders"]);
        assert_eq!(read("build --select=").select, [""]);
    }

    #[test]
    fn what_is_inline_is_in_no_manifest() {
        assert!(read(&["show", "--inline", "select 1"], &[]).beyond);
        assert!(!read(&["show", "-s", "a"], &[]).beyond);
    }
}
