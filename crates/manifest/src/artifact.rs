//! The kinds of artifacts: the JSON files that dbt writes.

use std::fmt;
use std::ops::RangeInclusive;

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
    /// The schema versions that this crate can read, the first and the last included.
    pub fn supported(self) -> RangeInclusive<u32> {
        match self {
            Self::Manifest => 4..=12,
            Self::RunResults => 4..=6,
            Self::Sources => 3..=3,
        }
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
