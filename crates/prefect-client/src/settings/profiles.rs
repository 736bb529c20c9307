//! The profiles file: where it is, and which profile is active.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::lookup::{Place, Sheets, parse_toml};
use super::{SettingsError, Sources};

/// The place of the profiles file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ProfilesPath {
    /// This path. A leading `~` is replaced by the home directory.
    Given(PathBuf),
    /// At `~/.prefect/profiles.toml`, if it exists.
    InHome,
}

/// Finds the profiles file: the path in the first source that sets one, else in `PREFECT_HOME` (which counts in the process
/// environment only), else in the home directory.
pub(super) fn profiles_path(sources: &Sources) -> Result<ProfilesPath, SettingsError> {
    let sheets = Sheets::without_profile(sources)?;
    let named = sheets
        .find(&["PREFECT_PROFILES_PATH"], &["profiles_path"])
        .and_then(|(raw, _)| raw.text());
    if let Some(path) = named.filter(|path| !path.is_empty()) {
        return Ok(ProfilesPath::Given(expanded(&path, sources)));
    }
    let home = sheets.environment("PREFECT_HOME");
    Ok(match home.filter(|home| !home.is_empty()) {
        Some(home) => ProfilesPath::Given(expanded(home, sources).join("profiles.toml")),
        None => ProfilesPath::InHome,
    })
}

fn expanded(path: &str, sources: &Sources) -> PathBuf {
    match (path.strip_prefix("~/"), sources.environment.get("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// The result of reading the profiles file.
#[derive(Debug, Default)]
pub(super) struct ActiveProfile {
    /// The name and the settings of the active profile. `None` if there is no file or no such profile: then Prefect uses a
    /// packaged profile, which sets no API URL.
    pub(super) found: Option<(String, BTreeMap<String, String>)>,
    /// Why the file was ignored: like Prefect, this ignores a file that is not TOML.
    pub(super) problem: Option<String>,
}

pub(super) fn active_profile(sources: &Sources, chosen: Option<&str>) -> ActiveProfile {
    let Some(text) = sources.profiles_toml.as_deref() else {
        return ActiveProfile::default();
    };
    match parse_toml(Place::Profile, text) {
        Ok(document) => ActiveProfile {
            found: find(&document, chosen),
            problem: None,
        },
        Err(error) => {
            tracing::warn!("ignoring the profiles file: {error}");
            ActiveProfile {
                found: None,
                problem: Some(error.to_string()),
            }
        }
    }
}

fn find(
    document: &toml::Table,
    chosen: Option<&str>,
) -> Option<(String, BTreeMap<String, String>)> {
    let name = match chosen.filter(|name| !name.is_empty()) {
        Some(name) => name,
        None => document.get("active")?.as_str()?,
    };
    let profile = document.get("profiles")?.get(name)?.as_table()?;
    let settings = profile
        .iter()
        .filter_map(|(key, value)| Some((key.to_ascii_uppercase(), text_of(value)?)))
        .collect();
    Some((name.to_owned(), settings))
}

/// A value of a profile, as the text that an environment variable would have.
fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => {
            Some(value.to_string())
        }
        toml::Value::Table(_) | toml::Value::Array(_) => serde_json::to_string(value).ok(),
        toml::Value::Datetime(_) => None,
    }
}
