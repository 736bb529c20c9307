//! The texts that settings come from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::profiles::{ProfilesPath, profiles_path};
use super::{Settings, SettingsError};

/// Everything that settings are read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sources {
    /// The process environment.
    pub environment: BTreeMap<String, String>,
    /// Text of `.env` in the current directory.
    pub dotenv: Option<String>,
    /// Text of `prefect.toml` in the current directory.
    pub prefect_toml: Option<String>,
    /// Text of `pyproject.toml` in the current directory.
    pub pyproject_toml: Option<String>,
    /// Text of the profiles file.
    pub profiles_toml: Option<String>,
}

impl Settings {
    /// Settings of this process: its environment and the files around it.
    ///
    /// # Errors
    /// When a file cannot be read or is not TOML (a bad `profiles.toml` is passed over, as in Prefect), or a value has
    /// the wrong form.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_sources(&Sources::from_env()?)
    }
}

impl Sources {
    /// Reads the sources of this process.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub fn from_env() -> Result<Self, SettingsError> {
        // Names and values that are not Unicode are none of Prefect's.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let mut sources = Self {
            environment,
            dotenv: read(Path::new(".env"))?,
            prefect_toml: read(Path::new("prefect.toml"))?,
            pyproject_toml: read(Path::new("pyproject.toml"))?,
            profiles_toml: None,
        };
        let path = match profiles_path(&sources)? {
            ProfilesPath::Given(path) => Some(path),
            ProfilesPath::InHome => {
                std::env::home_dir().map(|home| home.join(".prefect/profiles.toml"))
            }
        };
        sources.profiles_toml = path.as_deref().map(read).transpose()?.flatten();
        Ok(sources)
    }
}

/// The text of a file; `None` when there is none. Bytes that are not UTF-8 become a mark that the parsers point at.
fn read(path: &Path) -> Result<Option<String>, SettingsError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if is_absent(&error) => Ok(None),
        Err(source) => Err(SettingsError::Read {
            path: PathBuf::from(path),
            source,
        }),
    }
}

/// A directory named `.env` (a virtual environment) is no settings file either.
fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory)
}
