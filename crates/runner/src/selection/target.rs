//! The `target` of the Jinja in selectors.yml. profiles.yml is read only if a selector uses it.

use dbt_selector::RenderJinja;
use serde_json::{Map, Value, json};

use super::selectors_file::SelectorsFile;
use crate::dbt::{PROFILES_FILE, read_config_text};

/// Finds the target in profiles.yml.
pub(super) struct TargetFinder<'a> {
    /// Names the profile, the target and the folder.
    pub(super) file: &'a SelectorsFile,
    /// Renders the strings of profiles.yml.
    pub(super) jinja: &'a dyn RenderJinja,
}

impl TargetFinder<'_> {
    /// The target: its name and everything that profiles.yml has for it.
    ///
    /// # Errors
    /// Why it is unknown.
    pub(super) fn find(&self) -> Result<Value, String> {
        match (self.read(), &self.file.choice.target) {
            (Ok(target), _) => Ok(target),
            (Err(_), Some(name)) => Ok(json!({"name": name, "target_name": name})),
            (Err(reason), None) => Err(format!("`target` is unknown: {reason}")),
        }
    }

    fn read(&self) -> Result<Value, String> {
        let profile = self.file.choice.profile.clone();
        let profile =
            profile.ok_or("dbt_project.yml has no `profile`, and --profile is not given")?;
        let dir = self.file.profiles_dir.as_ref().ok_or("HOME is not set")?;
        let path = dir.join(PROFILES_FILE);
        let text = read_config_text(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let profiles =
            with_merged_keys(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let found = profiles
            .get(&profile)
            .ok_or_else(|| format!("{} has no profile `{profile}`", path.display()))?;
        let given = self.file.choice.target.clone().map(Value::from);
        let named = given.or_else(|| found.get("target").cloned());
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
}

/// A YAML document in which the keys of `<<` stand where they are merged.
fn with_merged_keys(text: &str) -> Result<Value, serde_yaml::Error> {
    let mut document: serde_yaml::Value = serde_yaml::from_str(text)?;
    document.apply_merge()?;
    serde_yaml::from_value(document)
}
