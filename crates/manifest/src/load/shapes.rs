//! The objects in the file, with the keys that are read. Other keys are skipped.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::lenient::{Length, List, Text};

#[derive(Deserialize, Default)]
#[serde(default, expecting = "a node")]
pub(super) struct NodeShape<'a> {
    #[serde(borrow)]
    pub(super) resource_type: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) package_name: Text<'a>,
    #[serde(borrow)]
    pub(super) fqn: List<'a>,
    #[serde(borrow)]
    pub(super) path: Text<'a>,
    #[serde(borrow)]
    pub(super) original_file_path: Text<'a>,
    #[serde(borrow)]
    pub(super) patch_path: Text<'a>,
    #[serde(borrow)]
    pub(super) tags: List<'a>,
    #[serde(borrow)]
    pub(super) config: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) depends_on: Option<DependsOnShape<'a>>,
    #[serde(borrow)]
    pub(super) alias: Text<'a>,
    #[serde(borrow)]
    pub(super) schema: Text<'a>,
    #[serde(borrow)]
    pub(super) database: Text<'a>,
    #[serde(borrow)]
    pub(super) relation_name: Text<'a>,
    #[serde(borrow)]
    pub(super) source_name: Text<'a>,
    #[serde(borrow)]
    pub(super) identifier: Text<'a>,
    #[serde(borrow)]
    pub(super) access: Text<'a>,
    pub(super) raw_code: Length,
    /// The name of `raw_code` before dbt 1.3 (manifest v7).
    pub(super) raw_sql: Length,
    #[serde(borrow)]
    pub(super) freshness: Option<&'a RawValue>,
    pub(super) version: Option<Value>,
    pub(super) latest_version: Option<Value>,
    #[serde(borrow)]
    pub(super) test_metadata: Option<TestMetadataShape<'a>>,
    #[serde(borrow)]
    pub(super) attached_node: Text<'a>,
    #[serde(borrow)]
    pub(super) column_name: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, expecting = "the dependencies of a node")]
pub(super) struct DependsOnShape<'a> {
    #[serde(borrow)]
    pub(super) nodes: List<'a>,
    #[serde(borrow)]
    pub(super) macros: List<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, expecting = "the metadata of a test")]
pub(super) struct TestMetadataShape<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) namespace: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, expecting = "a macro")]
pub(super) struct MacroShape<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) package_name: Text<'a>,
    #[serde(borrow)]
    pub(super) macro_sql: Text<'a>,
    #[serde(borrow)]
    pub(super) depends_on: Option<DependsOnShape<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, expecting = "a group")]
pub(super) struct GroupShape<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) package_name: Text<'a>,
    #[serde(borrow)]
    pub(super) owner: Option<OwnerShape<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, expecting = "an owner")]
pub(super) struct OwnerShape<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    /// An address or, since dbt 1.10, a list of addresses.
    #[serde(borrow)]
    pub(super) email: List<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, expecting = "metadata")]
pub(super) struct MetadataShape<'a> {
    #[serde(borrow)]
    pub(super) dbt_schema_version: Text<'a>,
    #[serde(borrow)]
    pub(super) dbt_version: Text<'a>,
    #[serde(borrow)]
    pub(super) generated_at: Text<'a>,
    #[serde(borrow)]
    pub(super) invocation_id: Text<'a>,
    #[serde(borrow)]
    pub(super) project_name: Text<'a>,
    #[serde(borrow)]
    pub(super) project_id: Text<'a>,
    #[serde(borrow)]
    pub(super) adapter_type: Text<'a>,
}
