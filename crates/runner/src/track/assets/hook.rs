//! Keys of the user's own making.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dbt_manifest::Node;

use super::key::problem;

/// Gives relations other keys than the usual ones: another account's, another environment's.
///
/// It is called once for each node that has an asset, when the manifest is read, with the node and its usual key.
/// `None` keeps that key; so does one that Prefect would not take, with a warning.
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
    /// A hook that asks this closure.
    pub fn new(make: impl Fn(&Node, &str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    /// The key of a node. On trouble, what it is and the usual key.
    pub(super) fn key(&self, node: &Node, usual: String) -> (String, Option<String>) {
        let made = catch_unwind(AssertUnwindSafe(|| (self.0)(node, &usual)));
        let trouble = match made {
            Ok(None) => None,
            Ok(Some(key)) => match problem(&key) {
                None => return (key, None),
                Some(problem) => Some(format!("`{key}` is no asset key: {problem}")),
            },
            Err(_) => Some("the asset_key hook panicked".to_owned()),
        };
        let warning = trouble.map(|trouble| {
            format!(
                "{trouble}; {} keeps the key `{usual}`",
                node.unique_id.as_str()
            )
        });
        (usual, warning)
    }
}

impl fmt::Debug for AssetKeyHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssetKeyHook")
    }
}
