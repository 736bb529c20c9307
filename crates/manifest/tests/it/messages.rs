//! The messages for artifacts that cannot be read.

use dbt_manifest::{Artifact, Error, Manifest, RunResults, Sources};

fn manifest(text: impl AsRef<[u8]>) -> String {
    let error = Manifest::from_slice(text.as_ref()).unwrap_err();
    message(&error.with_path("target/manifest.json"))
}

/// The error, and what to do about it.
fn message(error: &Error) -> String {
    let help = error.help().map(|help| format!("\n    {help}"));
    format!("{error}{}", help.unwrap_or_default())
}

#[test]
fn messages_say_what_is_wrong_and_where() {
    let of = |schema: &str| {
        format!(
            r#"{{"metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/{schema}.json"}}}}"#
        )
    };
    let messages = [
        manifest(""),
        manifest("{\n  \"metadata\": {\n"),
        manifest("{\"metadata\": {}} more"),
        manifest("{\"nodes\": [1]}"),
        manifest("{\"nodes\": {\"model.a.b\": \n 3}}"),
        manifest(b"{\"nodes\":\n {\"\xff\": {}}}"),
        manifest("{}"),
        manifest(of("manifest/v3")),
        manifest(of("run-results/v6")),
        manifest(
            r#"{"nodes": [], "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v1.json"}}"#,
        ),
        message(&RunResults::from_slice(of("run-results/v3").as_bytes()).unwrap_err()),
        message(&Sources::from_slice(of("sources/v2").as_bytes()).unwrap_err()),
        message(&Sources::from_slice(b"[]").unwrap_err()),
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

#[test]
fn newer_versions_are_read_as_the_newest_known_one() {
    let schema = |name: &str| format!("https://schemas.getdbt.com/dbt/{name}.json");
    let manifest = format!(
        r#"{{"metadata": {{"dbt_schema_version": "{}"}}, "news": [1],
            "nodes": {{"model.p.a": {{"resource_type": "model", "name": "a", "newer": {{}}}}}},
            "metrics": {{"metric.p.m": {{"resource_type": "metric", "name": "m"}}}}}}"#,
        schema("manifest/v13")
    );
    let manifest = Manifest::from_slice(manifest.as_bytes()).unwrap();
    assert_eq!(manifest.iter().count(), 2);
    let warning = |artifact: Artifact, version| {
        let warning = artifact.newer_version(version);
        warning.map(|warning| warning.to_string())
    };
    assert_eq!(
        warning(Artifact::Manifest, manifest.metadata().schema_version).as_deref(),
        Some("manifest.json v13 is newer than this program knows, and is read as v12")
    );
    assert_eq!(warning(Artifact::Manifest, 12), None);

    let of = |name: &str| {
        format!(
            r#"{{"metadata": {{"dbt_schema_version": "{}"}}}}"#,
            schema(name)
        )
    };
    let results = RunResults::from_slice(of("run-results/v7").as_bytes()).unwrap();
    assert_eq!(results.metadata.schema_version, 7);
    let sources = Sources::from_slice(of("sources/v4").as_bytes()).unwrap();
    assert!(warning(Artifact::Sources, sources.metadata.schema_version).is_some());
}
