//! How hooks are called.

use std::sync::Arc;
use std::time::Duration;

use dbt_manifest::Manifest;

use super::owner::HookOwner;

/// How hooks are called.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HookOptions {
    /// How long a hook may run before a warning says that it is still running. A hook that runs that long when the run
    /// is over is abandoned.
    pub timeout: Duration,
    /// Whether `dbt parse` may run first, if a hook needs the scheduled nodes and manifest.json is out of date.
    pub may_parse: bool,
    /// A manifest that is known to be up to date, to use in place of the one in the target folder.
    pub manifest: Option<Arc<Manifest>>,
    /// The runner that hooks see as their owner.
    pub owner: Option<HookOwner>,
}

impl Default for HookOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(60),
            may_parse: true,
            manifest: None,
            owner: None,
        }
    }
}
