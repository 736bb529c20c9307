//! What selection has to know that is in no manifest.

use crate::command::NodeFilter;
use crate::files::ProjectFiles;
use crate::state::State;
use crate::yaml::Selectors;

/// Facts from outside of the manifest. Each is needed by one method alone; an expression without it needs none.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The project's files, for `path:`. Without them, the files that the manifest names stand in.
    pub files: Option<&'a dyn ProjectFiles>,
    /// Artifacts of an earlier run, and the current sources, for `state:`, `result:` and `source_status:`.
    pub state: Option<&'a State>,
    /// The named selectors, for `selector:`.
    pub selectors: Option<&'a Selectors>,
    /// What the command takes from a named selector's result, for `selector:`.
    pub filter: Option<&'a NodeFilter>,
}
