//! Asset keys that the user's code chooses.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dbt_manifest::Node;

use super::key::problem;

/// Gives assets other keys than the default ones, such as those of another account or environment.
///
/// The hook is called once for each node that has an asset, when the manifest is read, with the node and its default
/// key. `None` keeps the default key. So does a key that Prefect does not accept, with a warning.
///
/// ```
/// use prefect_dbt::track::AssetKeyHook;
/// let hook = AssetKeyHook::new(|_node, key| {
///     key.strip_prefix("duckdb://").map(|rest| format!("s3://lake/{rest}"))
/// });
/// # let _ = hook;
/// ```
#[derive(Clone)]
pub struct AssetKeyHook(Arc<MakeKey>);

type MakeKey = dyn Fn(&Node, &str) -> Option<String> + Send + Sync;

impl AssetKeyHook {
    /// A hook that calls this closure.
    pub fn new(make: impl Fn(&Node, &str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    /// The key of a node, and a warning if the hook failed or made an invalid key.
    pub(super) fn key(&self, node: &Node, default: String) -> (String, Option<String>) {
        let made = catch_unwind(AssertUnwindSafe(|| (self.0)(node, &default)));
        let problem = match made {
            Ok(None) => None,
            Ok(Some(key)) => match problem(&key) {
                None => return (key, None),
                Some(problem) => Some(format!("invalid asset key `{key}`: {problem}")),
            },
            Err(_) => Some("the asset_key hook panicked".to_owned()),
        };
        let warning = problem.map(|problem| {
            format!(
                "{problem}; {} keeps the default key `{default}`",
                node.unique_id.as_str()
            )
        });
        (default, warning)
    }
}

impl fmt::Debug for AssetKeyHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssetKeyHook")
    }
}
