//! The texts that settings are read from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::profiles::{ProfilesPath, profiles_path};
use super::{Settings, SettingsError};
use crate::small_file::read_small_file;

/// The texts of all sources of settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sources {
    /// The variables of the process environment.
    pub environment: BTreeMap<String, String>,
    /// The text of `.env` in the working directory.
    pub dotenv: Option<String>,
    /// The text of `prefect.toml` in the working directory.
    pub prefect_toml: Option<String>,
    /// The text of `pyproject.toml` in the working directory.
    pub pyproject_toml: Option<String>,
    /// The text of the profiles file.
    pub profiles_toml: Option<String>,
}

impl Settings {
    /// Reads the settings of this process, from its environment and from files.
    ///
    /// # Errors
    /// If a file cannot be read or is not TOML (a `profiles.toml` that is not TOML is ignored, as in Prefect), or if a value is
    /// invalid.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_sources(&Sources::from_env()?)
    }
}

impl Sources {
    /// Reads the sources of this process.
    ///
    /// # Errors
    /// If a file exists and cannot be read.
    pub fn from_env() -> Result<Self, SettingsError> {
        // Prefect's variables are Unicode; others are skipped.
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

/// The text of a file; `None` if it does not exist. Bytes that are not UTF-8 become U+FFFD, which the TOML parser reports.
fn read(path: &Path) -> Result<Option<String>, SettingsError> {
    match read_small_file(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if is_absent(&error) => Ok(None),
        Err(source) => Err(SettingsError::Read {
            path: PathBuf::from(path),
            source,
        }),
    }
}

/// A directory with the name `.env` (a virtual environment) is not a settings file.
fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory)
}
