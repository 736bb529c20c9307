//! Facts for a selection that the manifest does not contain.

use crate::command::NodeFilter;
use crate::files::ProjectFiles;
use crate::state::State;
use crate::yaml::Selectors;

/// Facts that the manifest does not contain. Each is needed by one method; an expression without these methods needs none.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The files of the project, for `path:`. Without them, the files that the manifest names are used.
    pub files: Option<&'a dyn ProjectFiles>,
    /// The artifacts of an earlier run and the current sources, for `state:`, `result:` and `source_status:`.
    pub state: Option<&'a State>,
    /// The named selectors, for `selector:`.
    pub selectors: Option<&'a Selectors>,
    /// The filter of the command, which applies to the result of a named selector, for `selector:`.
    pub filter: Option<&'a NodeFilter>,
}

impl<'a> Context<'a> {
    /// Sets the files of the project.
    #[must_use]
    pub fn with_files(mut self, files: &'a dyn ProjectFiles) -> Self {
        self.files = Some(files);
        self
    }

    /// Sets the artifacts of an earlier run.
    #[must_use]
    pub fn with_state(mut self, state: &'a State) -> Self {
        self.state = Some(state);
        self
    }

    /// Sets the named selectors.
    #[must_use]
    pub fn with_selectors(mut self, selectors: &'a Selectors) -> Self {
        self.selectors = Some(selectors);
        self
    }

    /// Sets the filter of the command.
    #[must_use]
    pub fn with_filter(mut self, filter: &'a NodeFilter) -> Self {
        self.filter = Some(filter);
        self
    }
}
