//! The choices that a caller of `Template::render` has.

/// How to render.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderOptions {
    pub(crate) missing: Missing,
}

impl RenderOptions {
    /// Sets what a missing variable gives.
    #[must_use]
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }
}

/// What a reference to a variable that does not exist gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// An error.
    #[default]
    Error,
    /// The empty text, as in Prefect's Python package. There, too, a missing block is an error.
    EmptyString,
}
