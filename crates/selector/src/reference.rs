//! The description of the language.

/// The description of all methods, in Markdown.
pub const REFERENCE: &str = include_str!("reference.md");
