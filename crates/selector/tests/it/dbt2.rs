//! What dbt 2 selects in another way than dbt 1.12, by its source. dbt 2 cannot be asked here.

use std::path::Path;

use dbt_manifest::Manifest;
use dbt_selector::{
    Command, Context, Dialect, IndirectSelection, NodeFilter, Request, SelectionGraph, Selectors,
};

/// The manifest of the fixtures, as if this version had written it.
fn manifest(version: &str) -> Manifest {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/fixtures/selection/1.13/manifest.json");
    let text = std::fs::read_to_string(path).expect("the fixture can be read");
    let text = text.replacen(
        "\"dbt_version\": \"1.13.0b1\"",
        &format!("\"dbt_version\": \"{version}\""),
        1,
    );
    let manifest = Manifest::from_slice(text.as_bytes()).expect("the fixture is a manifest");
    assert_eq!(manifest.metadata().dbt_version.as_deref(), Some(version));
    manifest
}

/// What a version selects; errors as text.
fn select(manifest: &Manifest, text: &str) -> Result<Vec<String>, String> {
    let graph = SelectionGraph::new(manifest);
    let none: [String; 0] = [];
    let filter = NodeFilter::new(Command::List, &none, &none, graph.dialect());
    let mut request = Request::new(filter.map_err(|error| error.to_string())?);
    request.select = vec![text.to_owned()];
    // Tests of selected nodes come the same way in all versions.
    request.mode = IndirectSelection::Empty;
    let selection = request.select(&graph, &Context::default());
    let selection = selection.map_err(|error| error.to_string())?;
    Ok(selection.unique_ids().map(str::to_owned).collect())
}

#[test]
fn names_and_unique_ids() {
    let dbt2 = manifest("2.0.9");
    let found = |text: &str| select(&dbt2, text).expect(text);
    assert_eq!(found("model.library.titles"), ["model.library.titles"]);
    assert_eq!(found("model.library.title*"), ["model.library.titles"]);
    assert_eq!(
        found("function:double_*"),
        ["function.library.double_count"]
    );
    assert_eq!(
        found("stg_*"),
        [
            "model.library.stg_items",
            "model.library.stg_lendings",
            "model.library.stg_people",
            "model.library.stg_same",
            "model.stacks.stg_same",
        ]
    );
    // In dbt 1 a wildcard also matches directories.
    assert!(found("cata*").is_empty());
    assert!(
        !select(&manifest("1.12.6"), "cata*")
            .expect("cata*")
            .is_empty()
    );
    // In dbt 1 what comes before name and version is ignored.
    assert!(found("anything.reader.v2").is_empty());
    assert_eq!(found("reader.v2"), ["model.library.reader.v2"]);
}

#[test]
fn values_that_match_in_another_way() {
    let (dbt2, dbt1) = (manifest("2.0.9"), manifest("1.12.6"));
    for (in_dbt2, in_dbt1) in [
        (
            "config:materialized:ephemeral",
            "config.materialized:ephemeral",
        ),
        ("config.materialized:eph*", "config.materialized:ephemeral"),
        ("titles,,tag:daily", "titles,tag:daily"),
        ("path:./models/lending/../staging", "path:models/staging"),
        ("state:new", "fqn:* source:*"),
        ("test_name:fees_agree", "fees_agree"),
        ("resource_type:nonsense", "nothing"),
        ("test_type:sing", "nothing"),
        ("group:cat*", "nothing"),
        (
            "result:error source_status:fresher state:modified",
            "nothing",
        ),
        ("path:", "nothing"),
        (",", "nothing"),
    ] {
        let expected = select(&dbt1, in_dbt1).expect(in_dbt1);
        assert_eq!(select(&dbt2, in_dbt2).as_ref(), Ok(&expected), "{in_dbt2}");
        assert_ne!(
            select(&dbt1, in_dbt2)
                .as_ref()
                .ok()
                .filter(|found| !found.is_empty()),
            Some(&expected),
            "{in_dbt2} in dbt 1"
        );
    }
    // Numbers are compared as text.
    assert!(
        select(&dbt1, "config.meta.level:3")
            .expect("dbt 1")
            .is_empty()
    );
    assert!(
        !select(&dbt2, "config.meta.level:3")
            .expect("dbt 2")
            .is_empty()
    );
    assert!(select(&dbt2, "version:newest").is_err());
}

#[test]
fn an_unknown_method_in_selectors_yml_is_none() {
    let text = "selectors: [{name: it, definition: {method: odd, value: titles}}]";
    let no_jinja = |_: &str| Err("no Jinja".to_owned());
    let parse = |dialect| Selectors::parse(text, &no_jinja, IndirectSelection::Eager, dialect);
    assert!(parse(Dialect::V1_12_6).is_err());
    assert!(parse(Dialect::V2).is_ok());
}
