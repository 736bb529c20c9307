//! What each reference gave, for people to read; secrets are masked.

use std::fmt;

use serde_json::Value as Json;

use crate::reference::Reference;

/// The rendered text, and what each reference gave. `Display` shows both, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderReport {
    pub(crate) text: Option<String>,
    pub(crate) entries: Vec<ReportEntry>,
}

/// What one reference gave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportEntry {
    /// The reference.
    pub reference: Reference,
    /// Its line in the source, counted from 1.
    pub line: usize,
    /// Its column in characters, counted from 1.
    pub column: usize,
    /// What it gave.
    pub gave: Gave,
}

/// What a reference gave.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gave {
    /// A value; secrets within an object are replaced by asterisks.
    Value(Json),
    /// A secret.
    Secret,
    /// Nothing: the expression, or [`Missing::EmptyString`](crate::Missing), says what to do then.
    Nothing,
}

impl RenderReport {
    /// The references in the order of the file, as often as they occur.
    #[must_use]
    pub fn entries(&self) -> &[ReportEntry] {
        &self.entries
    }
}

impl fmt::Display for Gave {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Secret => f.write_str("********"),
            Self::Nothing => f.write_str("(nothing)"),
        }
    }
}

impl fmt::Display for RenderReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(text) = &self.text else {
            return f.write_str("no references: dbt reads the file as it is\n");
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
            gave,
        } in &self.entries
        {
            writeln!(f, "# {line}:{column} {reference} = {gave}")?;
        }
        Ok(())
    }
}
