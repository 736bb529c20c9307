//! The messages for artifacts that cannot be read.

use dbt_manifest::{Error, Manifest, RunResults, Sources};

fn manifest(text: impl AsRef<[u8]>) -> String {
    Manifest::from_slice(text.as_ref())
        .unwrap_err()
        .with_path("target/manifest.json")
        .to_string()
}

#[test]
fn messages_say_what_is_wrong_and_where() {
    let of = |schema: &str| {
        format!(
            r#"{{"metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/{schema}.json"}}}}"#
        )
    };
    let results = |error: Error| error.to_string();
    let messages = [
        manifest(""),
        manifest("{\n  \"metadata\": {\n"),
        manifest("{\"metadata\": {}} more"),
        manifest("{\"nodes\": [1]}"),
        manifest("{\"nodes\": {\"model.a.b\": \n 3}}"),
        manifest(b"{\"nodes\":\n {\"\xff\": {}}}"),
        manifest("{}"),
        manifest(of("manifest/v3")),
        manifest(of("manifest/v13")),
        manifest(of("run-results/v6")),
        manifest(
            r#"{"nodes": [], "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v1.json"}}"#,
        ),
        results(RunResults::from_slice(of("run-results/v7").as_bytes()).unwrap_err()),
        results(Sources::from_slice(of("sources/v2").as_bytes()).unwrap_err()),
        results(Sources::from_slice(b"[]").unwrap_err()),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn only_a_syntax_error_may_be_gone_later() {
    assert!(
        Manifest::from_slice(b"{\"metadata\"")
            .unwrap_err()
            .is_syntax()
    );
    assert!(!Manifest::from_slice(b"{}").unwrap_err().is_syntax());
}
