//! The `target` of the Jinja in selectors.yml. profiles.yml is read only if a selector uses it.

use std::path::PathBuf;

use dbt_selector::RenderJinja;
use serde_json::{Map, Value, json};

use super::args::LsArgs;
use super::project::Project;

/// Finds the target from the flags, the project and profiles.yml.
pub(super) struct TargetFinder<'a> {
    pub(super) args: &'a LsArgs,
    pub(super) project: &'a Project,
    /// Renders the strings of profiles.yml.
    pub(super) jinja: &'a dyn RenderJinja,
    /// The user's home directory.
    pub(super) home: Option<PathBuf>,
}

impl TargetFinder<'_> {
    /// The target: its name and everything that profiles.yml has for it.
    ///
    /// # Errors
    /// Why it is unknown.
    pub(super) fn find(&self) -> Result<Value, String> {
        match (self.read(), &self.args.target) {
            (Ok(target), _) => Ok(target),
            (Err(_), Some(name)) => Ok(json!({"name": name, "target_name": name})),
            (Err(reason), None) => Err(format!("`target` is unknown: {reason}")),
        }
    }

    fn read(&self) -> Result<Value, String> {
        let in_project = || self.project.settings.as_ref()?.profile.clone();
        let profile = self
            .args
            .profile
            .clone()
            .or_else(in_project)
            .ok_or("dbt_project.yml has no `profile`, and --profile is not given")?;
        let file = self.profiles_dir()?.join("profiles.yml");
        let text = fs_err::read_to_string(&file).map_err(|error| error.to_string())?;
        let profiles: Value =
            serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let found = profiles
            .get(&profile)
            .ok_or_else(|| format!("{} has no profile `{profile}`", file.display()))?;
        let named = self
            .args
            .target
            .clone()
            .map(Value::from)
            .or_else(|| found.get("target").cloned());
        let name = match self.rendered(&named.unwrap_or_else(|| "default".into())) {
            Value::String(name) => name,
            other => other.to_string(),
        };
        let output = found
            .get("outputs")
            .and_then(|outputs| outputs.get(&name))
            .and_then(Value::as_object);
        let output =
            output.ok_or_else(|| format!("the profile `{profile}` has no output `{name}`"))?;
        let mut target: Map<String, Value> = output
            .iter()
            .map(|(key, value)| (key.clone(), self.rendered(value)))
            .collect();
        target.extend(
            [
                ("name", &name),
                ("target_name", &name),
                ("profile_name", &profile),
            ]
            .map(|(key, value)| (key.to_owned(), Value::from(value.as_str()))),
        );
        Ok(target.into())
    }

    /// A string with its Jinja rendered. A string that cannot be rendered stays as it is: it may not be used.
    fn rendered(&self, value: &Value) -> Value {
        match value.as_str() {
            Some(text) if text.contains("{{") => {
                self.jinja.render(text).unwrap_or_else(|_| value.clone())
            }
            _ => value.clone(),
        }
    }

    /// The folder given by flag, otherwise the working directory if it has a profiles.yml, otherwise `~/.dbt`.
    fn profiles_dir(&self) -> Result<PathBuf, String> {
        if let Some(dir) = &self.args.profiles_dir {
            return Ok(dir.clone());
        }
        if PathBuf::from("profiles.yml").exists() {
            return Ok(PathBuf::new());
        }
        Ok(self.home.as_ref().ok_or("HOME is not set")?.join(".dbt"))
    }
}
