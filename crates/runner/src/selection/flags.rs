//! The flags that decide what is selected.

use dbt_selector::{Command, IndirectSelection, KindMistake, NodeFilter, Request};

/// What the arguments and the environment say of what is selected, as dbt reads them.
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
    /// Those of the arguments, with the environment where they say nothing.
    pub(crate) fn from_env(args: &[String]) -> Self {
        Self::read(args, |name| {
            let value = std::env::var_os(name)?.into_string().ok()?;
            (!value.is_empty()).then_some(value)
        })
    }

    /// Those of the arguments, with `env` where they say nothing.
    pub(crate) fn read(args: &[String], env: impl Fn(&str) -> Option<String>) -> Self {
        let mut flags = Self::default();
        let mut args = args.iter().map(String::as_str).peekable();
        while let Some(arg) = args.next() {
            if arg == "--" {
                break;
            }
            let (flag, inline) = match arg.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
                // A value that is joined to its flag, as in `-stag:x`.
                _ if arg.len() > 2
                    && ["-s", "-m", "-t"].iter().any(|flag| arg.starts_with(flag)) =>
                {
                    arg.split_at_checked(2)
                        .map_or((arg, None), |(flag, value)| (flag, Some(value)))
                }
                _ => (arg, None),
            };
            // Several flags in one: who knows what they say.
            flags.beyond |= flag.len() > 2 && !flag.starts_with("--") && flag.starts_with('-');
            if let Some(list) = flags.list(flag) {
                // dbt takes everything up to the next flag.
                let first = inline.or_else(|| args.next());
                list.extend(first.into_iter().flat_map(words));
                while let Some(more) = args.next_if(|arg| !arg.starts_with('-')) {
                    list.extend(words(more));
                }
            } else if let Some(value) = flags.value(flag) {
                *value = inline.or_else(|| args.next()).map(str::to_owned);
            } else if matches!(flag, "--inline" | "--no-compile") {
                flags.beyond = true;
            }
        }
        let list = |name| env(name).iter().flat_map(|text| words(text)).collect();
        if flags.kinds.is_empty() {
            flags.kinds = list("DBT_RESOURCE_TYPES");
        }
        if flags.excluded_kinds.is_empty() {
            flags.excluded_kinds = list("DBT_EXCLUDE_RESOURCE_TYPES");
        }
        for (value, name) in [
            (&mut flags.mode, "DBT_INDIRECT_SELECTION"),
            (&mut flags.state, "DBT_STATE"),
            (&mut flags.target, "DBT_TARGET"),
            (&mut flags.profile, "DBT_PROFILE"),
        ] {
            if value.is_none() {
                *value = env(name);
            }
        }
        flags
    }

    fn list(&mut self, flag: &str) -> Option<&mut Vec<String>> {
        Some(match flag {
            "--select" | "-s" | "--models" | "--model" | "-m" => &mut self.select,
            "--exclude" => &mut self.exclude,
            "--resource-type" | "--resource-types" => &mut self.kinds,
            "--exclude-resource-type" | "--exclude-resource-types" => &mut self.excluded_kinds,
            _ => return None,
        })
    }

    fn value(&mut self, flag: &str) -> Option<&mut Option<String>> {
        Some(match flag {
            "--selector" => &mut self.selector,
            "--indirect-selection" => &mut self.mode,
            "--state" => &mut self.state,
            "--vars" => &mut self.vars,
            "--target" | "-t" => &mut self.target,
            "--profile" => &mut self.profile,
            _ => return None,
        })
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
    pub(crate) fn request(&self, command: Command) -> Result<Request, KindMistake> {
        // The variables of the environment concern the commands that know the flags, and no other.
        let knows_kinds = matches!(command, Command::Build | Command::Test | Command::Clone);
        let kinds = |list: &[String]| match knows_kinds {
            true => list.to_vec(),
            false => Vec::new(),
        };
        let filter = NodeFilter::new(command, &kinds(&self.kinds), &kinds(&self.excluded_kinds))?;
        let mut request = Request::new(filter);
        request.select.clone_from(&self.select);
        request.exclude.clone_from(&self.exclude);
        request.selector.clone_from(&self.selector);
        request.mode = self.mode();
        Ok(request)
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str], env: &[(&str, &str)]) -> SelectionFlags {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        SelectionFlags::read(&args, |name| {
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
        assert_eq!(flags.select, ["a", "b", "c", "d", "e"]);
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
            let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
            SelectionFlags::read(&args, |_| None)
        };
        let joined = read("build -stag:nightly -tprod -x");
        assert_eq!(joined.select, ["tag:nightly"]);
        assert_eq!(joined.target.as_deref(), Some("prod"));
        assert!(!joined.beyond);
        assert!(read("build -xs orders").beyond);
    }

    #[test]
    fn what_is_inline_is_in_no_manifest() {
        assert!(read(&["show", "--inline", "select 1"], &[]).beyond);
        assert!(!read(&["show", "-s", "a"], &[]).beyond);
    }
}
