//! Gives an invocation dbt's options by name.

use std::fmt::Display;

use crate::dbt::command_line::{Flag, flag_with_value};
use crate::model::{LogLevel, Stopper};
use crate::request::Invocation;

impl Invocation {
    /// Adds an option of dbt by its name, with underscores or with hyphens. An option that takes several values can be added
    /// several times.
    ///
    /// `project_dir`, `profiles_dir`, `target_path` and `log_level` become settings of this invocation.
    ///
    /// ```
    /// use prefect_dbt::Invocation;
    ///
    /// let invocation = Invocation::new(["build"])
    ///     .option("target", "prod")
    ///     .option("threads", 4)
    ///     .flag("fail_fast", true)
    ///     .flag("partial_parse", false);
    /// assert_eq!(invocation.args.join(" "), "build --target prod --threads 4 --fail-fast --no-partial-parse");
    /// ```
    #[must_use]
    pub fn option(mut self, name: &str, value: impl Display) -> Self {
        let (flag, value) = (flag(name), value.to_string());
        match flag.as_str() {
            "--project-dir" => self.options.settings.project_dir = Some(value.into()),
            "--profiles-dir" => self.options.settings.profiles_dir = Some(value.into()),
            "--target-path" => self.options.settings.target_path = Some(value.into()),
            "--log-level" if LogLevel::from_name(&value).is_some() => {
                self.options.settings.log_level = LogLevel::from_name(&value);
            }
            _ => self.args.extend(flag_with_value(&flag, &value)),
        }
        self
    }

    /// Turns a flag of dbt on or off by its name. A flag without a `--no-` form is left out when it is off.
    #[must_use]
    pub fn flag(mut self, name: &str, on: bool) -> Self {
        let flag = flag(name);
        self.args.extend(match on {
            true => Some(flag),
            false => Flag::negation(&flag),
        });
        self
    }
}

impl Invocation {
    /// Adds a stopper, which stops this run from anywhere in the program, as those of the runner and of the flow do.
    #[must_use]
    pub fn stopper(mut self, stopper: Stopper) -> Self {
        self.options.stoppers.push(stopper);
        self
    }
}

fn flag(name: &str) -> String {
    format!("--{}", name.trim_start_matches('-').replace('_', "-"))
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Invocation {
    fn from(args: [S; N]) -> Self {
        Self::new(args)
    }
}

impl<S: Into<String>> From<Vec<S>> for Invocation {
    fn from(args: Vec<S>) -> Self {
        Self::new(args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_for_folders_and_levels_become_settings() {
        let invocation = Invocation::new(["run"])
            .option("project_dir", "shop")
            .option("log-level", "error")
            .option("vars", serde_json::json!({"a": 1}));
        assert_eq!(invocation.args, ["run", "--vars", "{\"a\":1}"]);
        assert_eq!(invocation.options.settings.project_dir, Some("shop".into()));
        assert_eq!(invocation.options.settings.log_level, Some(LogLevel::Error));
        let unknown = Invocation::new(["run"]).option("log_level", "loud");
        assert_eq!(
            unknown.args,
            ["run", "--log-level", "loud"],
            "dbt reports the unknown level"
        );
    }

    #[test]
    fn a_flag_is_turned_off_only_if_dbt_has_a_negation() {
        let off = |name| Invocation::new([""; 0]).flag(name, false).args;
        assert_eq!(off("defer"), ["--no-defer"]);
        assert!(off("full_refresh").is_empty());
    }
}
