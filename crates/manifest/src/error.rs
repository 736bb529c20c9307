//! What can be wrong with an artifact.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::artifact::Artifact;

/// A file that is not an artifact this crate can read.
///
/// Prints as one line: the file if it is known, what is wrong, and where.
#[derive(Debug)]
pub struct Error {
    path: Option<PathBuf>,
    kind: ErrorKind,
}

/// What is wrong with an artifact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text is not JSON, or a value is of a type that it never has: cut off while dbt was writing it, or edited by hand.
    #[error("broken {artifact} at line {line}, column {column}: {message}")]
    #[non_exhaustive]
    Json {
        /// The artifact that was expected.
        artifact: Artifact,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1; 0 where the line has no text.
        column: usize,
        /// What was found or expected there.
        message: String,
    },
    /// A schema version that this crate does not know.
    #[error(
        "{artifact} v{found} is not supported ({}): {}",
        match artifact.supported().into_inner() {
            (first, last) if first == last => format!("v{first} is"),
            (first, last) => format!("v{first} to v{last} are"),
        },
        match *found < *artifact.supported().start() {
            true => "run dbt again with a newer dbt",
            false => "it was written by a newer dbt than this program knows",
        }
    )]
    #[non_exhaustive]
    UnsupportedVersion {
        /// The artifact that was expected.
        artifact: Artifact,
        /// Its schema version.
        found: u32,
    },
    /// The file says that it is something else, for example a run_results.json in the place of a manifest.json.
    #[error("not a {artifact}: its metadata.dbt_schema_version is `{found}`")]
    #[non_exhaustive]
    WrongArtifact {
        /// The artifact that was expected.
        artifact: Artifact,
        /// The schema that the file names.
        found: String,
    },
    /// Valid JSON that does not say which artifact it is.
    #[error("not a {artifact}: it has no metadata.dbt_schema_version")]
    #[non_exhaustive]
    MissingVersion {
        /// The artifact that was expected.
        artifact: Artifact,
    },
}

impl Error {
    /// Names the file, so that the message can tell it.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The file, where it is known.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether reading again may help: dbt was perhaps still writing the file.
    pub fn is_syntax(&self) -> bool {
        matches!(self.kind, ErrorKind::Json { .. })
    }

    pub(crate) fn json(artifact: Artifact, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        // serde_json ends its message with the position, which has fields of its own here.
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

    /// The error for bytes that are not UTF-8 from `valid_up_to` on.
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
