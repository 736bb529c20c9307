//! The values of references, for people to read; secrets are masked.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::reference::Reference;

/// The rendered text and the value of each reference. `Display` shows both, with secrets masked; so does [`Serialize`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RenderReport {
    pub(crate) text: Option<String>,
    pub(crate) entries: Vec<ReportEntry>,
}

/// The value of one reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportEntry {
    /// The reference.
    #[serde(serialize_with = "as_text")]
    pub reference: Reference,
    /// The line of the reference in the source, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The value.
    pub value: ReferenceValue,
}

/// The value of a reference, for people to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReferenceValue {
    /// A value. Secrets within an object are replaced by asterisks.
    Value(Json),
    /// A secret, which is not shown.
    Secret,
    /// There is no value. The expression, or [`Missing::EmptyString`](crate::Missing), handles this.
    Missing,
}

impl RenderReport {
    /// The references in the order of the file, with repetitions.
    #[must_use]
    pub fn entries(&self) -> &[ReportEntry] {
        &self.entries
    }
}

fn as_text<S: Serializer>(reference: &Reference, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reference)
}

impl fmt::Display for ReferenceValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Secret => f.write_str("********"),
            Self::Missing => f.write_str("(no value)"),
        }
    }
}

impl fmt::Display for RenderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(text) = &self.text else {
            return f.write_str(
                "no references to Prefect: dbt reads the file as it is
            ",
            );
        };
        f.write_str(text)?;
        if !text.ends_with('\n') {
            f.write_str("\n")?;
        }
        f.write_str("\n")?;
        for ReportEntry {
            reference,
            line,
            column,
            value,
        } in &self.entries
        {
            writeln!(f, "# {line}:{column} {reference} = {value}")?;
        }
        Ok(())
    }
}
