//! The runner that started a run, as hooks see it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The runner that started a run, without its type: this module is below the runner and cannot name it.
#[derive(Clone)]
pub struct HookOwner(Arc<dyn Any + Send + Sync>);

impl HookOwner {
    /// Keeps a runner.
    pub(crate) fn new(owner: impl Any + Send + Sync) -> Self {
        Self(Arc::new(owner))
    }

    /// The runner, if it has this type.
    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for HookOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookOwner")
    }
}
