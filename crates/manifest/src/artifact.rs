//! The kinds of artifacts: the JSON files that dbt writes.

use std::fmt;
use std::ops::RangeInclusive;

/// A schema version that is newer than the newest one that this crate knows. The file is read as that one: dbt only adds keys.
///
/// `Display` is a warning for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewerVersion {
    /// The file.
    pub artifact: Artifact,
    /// The schema version of the file.
    pub found: u32,
}

/// A file that dbt writes and this crate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Artifact {
    /// manifest.json: v4 (dbt 1.0) to v12 (dbt 1.8 and later, and dbt 2).
    Manifest,
    /// run_results.json: v4 (dbt 1.0), v5 (1.7), v6 (1.8 and later).
    RunResults,
    /// sources.json: v3 (dbt 1.0 and later).
    Sources,
}

impl Artifact {
    /// The schema versions that this crate knows, the first and the last included. A newer one is read as the last.
    #[must_use]
    pub fn supported(self) -> RangeInclusive<u32> {
        match self {
            Self::Manifest => 4..=12,
            Self::RunResults => 4..=6,
            Self::Sources => 3..=3,
        }
    }
}

impl Artifact {
    /// What to warn of if a file has this schema version; `None` if the version is known.
    #[must_use]
    pub fn newer_version(self, found: u32) -> Option<NewerVersion> {
        let artifact = self;
        (found > *self.supported().end()).then_some(NewerVersion { artifact, found })
    }
}

impl fmt::Display for NewerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { artifact, found } = self;
        let last = artifact.supported().last().unwrap_or_default();
        write!(
            f,
            "{artifact} v{found} is newer than this program knows, and is read as v{last}"
        )
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manifest => "manifest.json",
            Self::RunResults => "run_results.json",
            Self::Sources => "sources.json",
        })
    }
}
