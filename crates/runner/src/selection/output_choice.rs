//! Which output of profiles.yml a command uses: its profile and its target.

use std::collections::BTreeMap;
use std::ffi::OsString;

use dbt_selector::RenderJinja as _;
use serde::de::Error as _;
use serde_json::{Map, Value};

use super::flags::SelectionFlags;
use super::selectors_jinja::SelectorsJinja;
use crate::dbt::Project;

/// Variables of the command line, by name.
pub(super) type Vars = Map<String, Value>;

/// Which output of profiles.yml a command uses, as far as the command line, the environment and dbt_project.yml say it.
#[derive(Debug, Clone)]
pub(crate) struct OutputChoice {
    /// The variables of `--vars`.
    pub(super) vars: Vars,
    /// The name of the profile.
    pub(super) profile: Option<String>,
    /// The name of the target, if one is given.
    pub(super) target: Option<String>,
}

impl OutputChoice {
    /// The choice of a command line with these flags.
    ///
    /// # Errors
    /// `--vars` is not a YAML mapping.
    pub(crate) fn of(project: &Project, flags: &SelectionFlags) -> Result<Self, serde_yaml::Error> {
        Ok(Self {
            vars: flags.vars.as_deref().map_or(Ok(Vars::new()), parse_vars)?,
            profile: flags.profile.clone().or(project.profile.clone()),
            target: flags.target.clone(),
        })
    }

    /// The name of the profile; `None` if nothing names it, or if it has Jinja that is not known here.
    pub(crate) fn profile(&self) -> Option<String> {
        self.known(self.profile.as_ref()?)
    }

    /// Whether the target is given. dbt does not read the `target` of the profile then.
    pub(crate) fn has_target(&self) -> bool {
        self.target.is_some()
    }

    /// The name of the target: the given one, else that of the profile in this profiles.yml, else `default`. `None` if it
    /// has Jinja that is not known here, or if the text is not YAML.
    pub(crate) fn target(&self, profiles: &str) -> Option<String> {
        if let Some(given) = &self.target {
            return Some(given.clone());
        }
        let profiles: serde_yaml::Value = serde_yaml::from_str(profiles).ok()?;
        match profiles.get(self.profile()?)?.get("target") {
            None | Some(serde_yaml::Value::Null) => Some("default".to_owned()),
            Some(named) => self.known(named.as_str()?),
        }
    }

    /// The number of threads that the output in this profiles.yml has. `None` if it is not there, or if it has Jinja that is
    /// not known here.
    #[cfg(feature = "cli")]
    pub(crate) fn threads(&self, profiles: &str) -> Option<usize> {
        let target = self.target(profiles)?;
        let profiles: serde_yaml::Value = serde_yaml::from_str(profiles).ok()?;
        let output = profiles.get(self.profile()?)?.get("outputs")?.get(target)?;
        let threads = output.get("threads")?;
        let number = threads.as_u64();
        match number {
            Some(number) => usize::try_from(number).ok(),
            None => self.number(threads.as_str()?),
        }
    }

    /// The texts of these keys of the output in this profiles.yml, rendered. Those that it does not have are left out.
    ///
    /// # Errors
    /// Which output, or which of its values, is not known here.
    pub(crate) fn output<'k>(
        &self,
        profiles: &str,
        keys: &[&'k str],
    ) -> Result<BTreeMap<&'k str, String>, String> {
        let target = self.target(profiles);
        let target = target.ok_or("its name in profiles.yml is not known")?;
        let profile = self.profile().unwrap_or_default();
        let parsed: Option<serde_yaml::Value> = serde_yaml::from_str(profiles).ok();
        let output = parsed.as_ref().and_then(|profiles| {
            let outputs = profiles.get(&profile)?.get("outputs")?;
            outputs.get(&target)
        });
        let output =
            output.ok_or_else(|| format!("profiles.yml has no output `{profile}.{target}`"))?;
        let mut texts = BTreeMap::new();
        for key in keys {
            let Some(value) = output.get(key) else {
                continue;
            };
            let text = self.text(value).ok_or_else(|| {
                format!("`{key}` of its output is a secret, or has Jinja that is not known here")
            })?;
            texts.insert(*key, text);
        }
        Ok(texts)
    }

    /// A value as text, rendered. What is neither a text nor a number is an empty text.
    fn text(&self, value: &serde_yaml::Value) -> Option<String> {
        let Some(text) = value.as_str() else {
            let number = value.is_number().then(|| serde_yaml::to_string(value));
            let number = number.and_then(Result::ok).unwrap_or_default();
            return Some(number.trim().to_owned());
        };
        match self.jinja().render(text).ok()? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The number that a text is once its Jinja is rendered.
    #[cfg(feature = "cli")]
    fn number(&self, text: &str) -> Option<usize> {
        match self.jinja().render(text).ok()? {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
            _ => None,
        }
    }

    /// A text with its Jinja rendered; `None` if that is not possible here.
    fn known(&self, text: &str) -> Option<String> {
        if !["{{", "{%", "{#"].iter().any(|jinja| text.contains(jinja)) {
            return Some(text.to_owned());
        }
        match self.jinja().render(text).ok()? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The Jinja of dbt_project.yml and profiles.yml: `env_var` and `var`.
    pub(super) fn jinja(&self) -> SelectorsJinja<'static> {
        static NO_TARGET: fn() -> Result<Value, String> =
            || Err("profiles.yml cannot use `target`".to_owned());
        let env = Environment::from_env().variables;
        SelectorsJinja::new(self.vars.clone(), env, &NO_TARGET)
    }
}

/// The variables of `--vars`: a YAML mapping whose keys are texts, as in dbt.
pub(super) fn parse_vars(text: &str) -> Result<Vars, serde_yaml::Error> {
    let vars: serde_yaml::Value = serde_yaml::from_str(text)?;
    let serde_yaml::Value::Mapping(vars) = vars else {
        return Err(serde_yaml::Error::custom("the value is not a mapping"));
    };
    if let Some(key) = vars.keys().find(|key| !key.is_string()) {
        let key = serde_yaml::to_string(key)?;
        let message = format!("the key {} is not a text", key.trim_end());
        return Err(serde_yaml::Error::custom(message));
    }
    serde_yaml::from_value(vars.into())
}

/// The environment variables for `env_var`.
pub(super) struct Environment {
    pub(super) variables: BTreeMap<String, String>,
}

impl Environment {
    /// Every variable whose name and value are UTF-8.
    pub(super) fn from_env() -> Self {
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(text).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::dbt::CommandLine;

    /// The profile and the target of a command line, in a project with this profile.
    fn choice(profile: &str, line: &str, profiles: &str) -> (Option<String>, Option<String>) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("dbt_project.yml"), profile).unwrap();
        let project = Project::find(Some(dir.path()), None, Path::new("/"));
        let args: Vec<&str> = line.split(' ').collect();
        let flags = SelectionFlags::read(&CommandLine::parse(&args), |_| None);
        let choice = OutputChoice::of(&project, &flags).unwrap();
        (choice.profile(), choice.target(profiles))
    }

    #[test]
    fn the_target_is_the_given_one_or_that_of_the_profile() {
        let some = |text: &str| Some(text.to_owned());
        let profiles = "shop: {target: dev}\nplain: {outputs: {}}\njinja: {target: \"{{ env_var('NOT_SET_HERE', 'ci') }}\"}\n\
            unknown: {target: \"{{ env_var('NOT_SET_HERE') }}\"}\n";
        let of = |profile: &str, line: &str| choice(profile, line, profiles);
        assert_eq!(of("profile: shop", "build"), (some("shop"), some("dev")));
        assert_eq!(of("profile: shop", "build -t prod").1, some("prod"));
        assert_eq!(
            of("profile: shop", "build --profile plain"),
            (some("plain"), some("default"))
        );
        assert_eq!(of("profile: jinja", "build").1, some("ci"));
        assert_eq!(of("profile: unknown", "build").1, None);
        assert_eq!(of("profile: nowhere", "build").1, None);
        assert_eq!(of("name: shop", "build"), (None, None));
        assert_eq!(
            of(
                r#"profile: "{{ env_var('NOT_SET_HERE', 'shop') }}""#,
                "build"
            ),
            (some("shop"), some("dev"))
        );
        assert_eq!(choice("profile: shop", "build", "shop: [").1, None);
    }

    #[test]
    fn the_threads_are_those_of_the_output() {
        let profiles = "shop: {target: dev, outputs: {dev: {threads: 4}, jinja: {threads: \"{{ env_var('NOT_SET_HERE', '3') }}\"}, \
            filter: {threads: \"{{ env_var('NOT_SET_HERE', '5') | as_number }}\"}, odd: {threads: [1]}, none: {}}}";
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("dbt_project.yml"), "profile: shop").unwrap();
        let project = Project::find(Some(project.path()), None, Path::new("/"));
        let threads = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let flags = SelectionFlags::read(&CommandLine::parse(&words), |_| None);
            OutputChoice::of(&project, &flags)
                .unwrap()
                .threads(profiles)
        };
        assert_eq!(threads("build"), Some(4));
        assert_eq!(threads("build -t jinja"), Some(3));
        assert_eq!(threads("build -t filter"), Some(5));
        for unknown in ["odd", "none", "absent"] {
            assert_eq!(threads(&format!("build -t {unknown}")), None, "{unknown}");
        }
    }

    #[test]
    fn the_values_of_an_output_are_rendered_unless_they_are_not_known() {
        let profiles = "shop: {target: dev, outputs: {dev: {type: postgres, port: 5432, host: \"{{ env_var('NOT_SET_HERE', 'db') }}\", \
            keepalives: true, password: \"{{ env_var('NOT_SET_HERE') }}\"}}}";
        let choice = OutputChoice {
            vars: Vars::new(),
            profile: Some("shop".to_owned()),
            target: None,
        };
        let keys = ["type", "port", "host", "schema"];
        let output = choice.output(profiles, &keys).unwrap();
        let expected = [("host", "db"), ("port", "5432"), ("type", "postgres")];
        let expected = expected.map(|(key, value)| (key, value.to_owned()));
        assert_eq!(output, expected.into());
        let unknown = choice.output(profiles, &["password"]).unwrap_err();
        assert!(unknown.contains("`password`"), "{unknown}");
        let prod = OutputChoice {
            target: Some("prod".to_owned()),
            ..choice
        };
        let missing = prod.output(profiles, &keys).unwrap_err();
        assert!(missing.contains("`shop.prod`"), "{missing}");
    }

    #[test]
    fn variables_are_a_mapping() {
        assert_eq!(parse_vars("{}").unwrap(), Vars::new());
        assert_eq!(parse_vars("days: 3").unwrap()["days"], 3);
        for wrong in ["", "~", "[1]", "days", "3", "{1: 2}", "{a: "] {
            assert!(parse_vars(wrong).is_err(), "{wrong}");
        }
    }
}
