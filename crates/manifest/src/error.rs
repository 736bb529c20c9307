//! Errors in artifacts.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::artifact::Artifact;

/// An artifact that cannot be read.
///
/// `Display` is one line: the file if it is known, what is wrong, and where.
#[derive(Debug)]
pub struct Error {
    path: Option<PathBuf>,
    kind: ErrorKind,
}

/// What is wrong with an artifact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not JSON, or a value has an unexpected type: dbt is still writing the file, or it was edited by hand.
    #[error("invalid {artifact} at line {line}, column {column}: {message}")]
    #[non_exhaustive]
    Json {
        /// The expected artifact.
        artifact: Artifact,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1; 0 if the error is before the first byte of the line.
        column: usize,
        /// What was found or expected.
        message: String,
    },
    /// The schema version is too old.
    #[error("{artifact} v{found} is not supported (the oldest is v{})", artifact.supported().start())]
    #[non_exhaustive]
    UnsupportedVersion {
        /// The expected artifact.
        artifact: Artifact,
        /// The schema version of the file.
        found: u32,
    },
    /// The file is another artifact, for example a run_results.json instead of a manifest.json.
    #[error("not a {artifact}: its metadata.dbt_schema_version is `{found}`")]
    #[non_exhaustive]
    WrongArtifact {
        /// The expected artifact.
        artifact: Artifact,
        /// The schema that the file names.
        found: String,
    },
    /// Valid JSON that does not name its schema.
    #[error("not a {artifact}: it has no metadata.dbt_schema_version")]
    #[non_exhaustive]
    MissingVersion {
        /// The expected artifact.
        artifact: Artifact,
    },
}

impl ErrorKind {
    fn help(&self) -> Option<String> {
        match self {
            Self::UnsupportedVersion { .. } => {
                Some("run dbt again with a newer version of dbt".to_owned())
            }
            Self::WrongArtifact { artifact, .. } | Self::MissingVersion { artifact } => Some(
                format!("give the {artifact} that dbt wrote to its target folder"),
            ),
            Self::Json { .. } => None,
        }
    }
}

impl Error {
    /// Adds the path of the file to the message.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The path of the file, if it is known.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What is wrong with the artifact.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// What to do about it, if there is an obvious thing to do.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        self.kind.help()
    }

    /// Whether reading the file again later may succeed, because dbt may still be writing it.
    #[must_use]
    pub fn is_syntax(&self) -> bool {
        matches!(self.kind, ErrorKind::Json { .. })
    }

    pub(crate) fn json(artifact: Artifact, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        // serde_json appends the position to its message. Here it has fields of its own.
        let text = error.to_string();
        let message = match text.rsplit_once(" at line ") {
            Some((message, _)) => message.to_owned(),
            None => text,
        };
        ErrorKind::Json {
            artifact,
            line,
            column,
            message,
        }
        .into()
    }

    /// The error for a text that is valid UTF-8 only up to `valid_up_to`.
    pub(crate) fn utf8(artifact: Artifact, bytes: &[u8], valid_up_to: usize) -> Self {
        let before = &bytes[..valid_up_to];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let message = "invalid UTF-8".to_owned();
        ErrorKind::Json {
            artifact,
            line,
            column: valid_up_to - start + 1,
            message,
        }
        .into()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { path: None, kind }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {}
