//! No text makes a reader panic, and nodes that are read stay readable.

use dbt_manifest::{Manifest, ResourceType, RunResults, Sources};
use proptest::prelude::*;

const FILES: [&[u8]; 3] = [
    include_bytes!("../data/manifest.json"),
    include_bytes!("../data/run_results.json"),
    include_bytes!("../data/sources.json"),
];

fn read_all(bytes: &[u8]) {
    let _ = RunResults::from_slice(bytes);
    let _ = Sources::from_slice(bytes);
    let Ok(manifest) = Manifest::from_slice(bytes) else {
        return;
    };
    for node in manifest
        .iter()
        .chain(manifest.disabled().values().flatten())
    {
        let fields = node.fields();
        for (key, _) in fields.iter() {
            let _ = fields.value(key);
            let _ = fields.text(key);
        }
        node.config.values();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    #[test]
    fn damaged_files(file in 0..3_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = FILES[file].to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at + 1);
        }
        read_all(&bytes);
    }

    /// A value of an unexpected type is ignored, and the other fields are read.
    #[test]
    fn unexpected_types(key in 0..18_usize, value in 0..6_usize) {
        let keys = [
            "resource_type", "name", "package_name", "fqn", "path", "original_file_path", "patch_path", "tags", "config", "alias",
            "schema", "version", "latest_version", "access", "identifier", "column_name", "attached_node", "a_future_key",
        ];
        let values = ["null", "true", "-1", "1e3", "[null, {\"a\": []}, \"x\"]", "{\"a\": [1]}"];
        let text = format!(
            r#"{{"nodes": {{"odd.p.\u0061": {{"{}": {}, "description": "there"}}}},
                "metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}}}}"#,
            keys[key], values[value],
        );
        let manifest = Manifest::from_slice(text.as_bytes()).unwrap();
        let node = manifest.get("odd.p.a").unwrap();
        prop_assert_eq!(node.description(), "there");
        prop_assert!(matches!(node.resource_type, ResourceType::Other(_)));
    }
}

#[test]
fn of_two_nodes_with_the_same_id_the_last_counts() {
    let text = r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
        "nodes": {"model.p.a": {"name": "first"}, "model.p.b": {}, "model.p.a" : {"name": "last"}}}"#;
    let manifest = Manifest::from_slice(text.as_bytes()).unwrap();
    assert_eq!(manifest.len(), 2);
    assert_eq!(
        manifest
            .get("model.p.a")
            .unwrap()
            .fields()
            .text("name")
            .as_deref(),
        Some("last")
    );
}
