//! Finds a setting in the sources, in their order of precedence.

use std::collections::BTreeMap;
use std::fmt;

use super::profiles::active_profile;
use super::value::Raw;
use super::{SettingsError, Sources, dotenv};

/// Where a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Environment,
    DotEnv,
    PrefectToml,
    PyprojectToml,
    Profile,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "the environment",
            Self::DotEnv => ".env",
            Self::PrefectToml => "prefect.toml",
            Self::PyprojectToml => "pyproject.toml",
            Self::Profile => "profiles.toml",
        })
    }
}

/// The content of one source.
enum Sheet {
    /// Environment variables; the names are in upper case.
    Names(BTreeMap<String, String>),
    /// TOML tables; the path to a value is the name of the setting.
    Tables(toml::Table),
}

/// The content of all sources, in their order of precedence.
pub(super) struct Sheets {
    sheets: Vec<(Place, Sheet)>,
    /// The name of the active profile.
    pub(super) profile: Option<String>,
    /// Why the profiles file was ignored.
    pub(super) profile_problem: Option<String>,
}

impl Sheets {
    pub(super) fn new(sources: &Sources) -> Result<Self, SettingsError> {
        let mut sheets = Self::without_profile(sources)?;
        let chosen = sheets.environment("PREFECT_PROFILE").map(str::to_owned);
        let profile = active_profile(sources, chosen.as_deref());
        sheets.profile_problem = profile.problem;
        if let Some((name, settings)) = profile.found {
            sheets.sheets.push((Place::Profile, Sheet::Names(settings)));
            sheets.profile = Some(name);
        }
        Ok(sheets)
    }

    /// All sources except the profile: they say where the profiles file is.
    pub(super) fn without_profile(sources: &Sources) -> Result<Self, SettingsError> {
        let environment: BTreeMap<_, _> = sources
            .environment
            .iter()
            .map(|(name, value)| (name.to_ascii_uppercase(), value.clone()))
            .collect();
        let mut sheets = vec![(Place::Environment, Sheet::Names(environment))];
        if let Some(text) = &sources.dotenv {
            let values = dotenv::parse(text, &sources.environment);
            sheets.push((Place::DotEnv, Sheet::Names(values)));
        }
        if let Some(text) = &sources.prefect_toml {
            let tables = parse_toml(Place::PrefectToml, text)?;
            sheets.push((Place::PrefectToml, Sheet::Tables(tables)));
        }
        if let Some(text) = &sources.pyproject_toml {
            let mut tables = parse_toml(Place::PyprojectToml, text)?;
            let tool = tables.remove("tool");
            if let Some(toml::Value::Table(tables)) =
                tool.and_then(|tool| tool.get("prefect").cloned())
            {
                sheets.push((Place::PyprojectToml, Sheet::Tables(tables)));
            }
        }
        Ok(Self {
            sheets,
            profile: None,
            profile_problem: None,
        })
    }

    /// A variable of the process environment, not of another source.
    pub(super) fn environment(&self, name: &str) -> Option<&str> {
        match self.sheets.first() {
            Some((Place::Environment, Sheet::Names(names))) => names.get(name).map(String::as_str),
            _ => None,
        }
    }

    /// The value from the first source that has one, under any of `names` or at `path`.
    pub(super) fn find(&self, names: &[&str], path: &[&str]) -> Option<(Raw, Place)> {
        self.find_all(names, path).next()
    }

    /// The values from all sources, in their order of precedence.
    pub(super) fn find_all(
        &self,
        names: &[&str],
        path: &[&str],
    ) -> impl Iterator<Item = (Raw, Place)> {
        self.sheets.iter().filter_map(move |(place, sheet)| {
            let raw = match sheet {
                Sheet::Names(values) => {
                    let text = names.iter().find_map(|name| values.get(*name))?;
                    Raw::Text(text.clone())
                }
                Sheet::Tables(tables) => Raw::Toml(at_path(tables, path)?.clone()),
            };
            Some((raw, *place))
        })
    }
}

fn at_path<'a>(tables: &'a toml::Table, path: &[&str]) -> Option<&'a toml::Value> {
    let (first, rest) = path.split_first()?;
    let value = tables.get(*first)?;
    match rest {
        [] => Some(value),
        rest => at_path(value.as_table()?, rest),
    }
}

pub(super) fn parse_toml(place: Place, text: &str) -> Result<toml::Table, SettingsError> {
    text.parse::<toml::Table>().map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or_default();
        SettingsError::Toml {
            file: place.to_string(),
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
            problem: error.message().to_owned(),
        }
    })
}
