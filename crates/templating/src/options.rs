//! Options of rendering.

/// Options of `Template::render`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderOptions {
    pub(crate) missing: Missing,
}

impl RenderOptions {
    /// Sets what happens if a variable does not exist.
    #[must_use]
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }
}

/// What happens if a variable does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// Rendering fails.
    #[default]
    Error,
    /// The value is the empty text, as in Prefect's Python package. A block that does not exist is an error there, too.
    EmptyString,
}
