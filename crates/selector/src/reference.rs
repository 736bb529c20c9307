//! The language, described for people.

/// Every method, in Markdown: what `--help` and the site show.
pub const REFERENCE: &str = include_str!("reference.md");
