use proptest::prelude::*;

use super::*;
use crate::track::assets::relation::components;

#[test]
fn keys_of_relations() {
    let long = "x".repeat(600);
    let table = [
        (
            "duckdb",
            r#""shop"."main"."orders""#,
            ["shop", "main", "orders"],
        ),
        (
            "my_adapter-2",
            "`shop`.`main`.`orders`",
            ["shop", "main", "orders"],
        ),
        (
            "SQLServer",
            "[shop].[main].[orders]",
            ["shop", "main", "orders"],
        ),
        ("", "shop.main.orders", ["shop", "main", "orders"]),
        // The database is not part of the name.
        ("spark", "main.orders", ["shop", "main", "orders"]),
        ("postgres", r#""a"."b.c"."d""#, ["a", "b.c", "d"]),
        ("postgres", r#""a.b"."c"."d""#, ["a.b", "c", "d"]),
        ("snowflake", "shop.main.v1.2", ["shop", "main", "v1.2"]),
        (
            "postgres",
            r#""a"."b"."say "hi".now""#,
            ["a", "b", r#"say "hi".now"#],
        ),
        (
            "duckdb",
            r#""s"."m"."50% of/all #1~""#,
            ["s", "m", "50% of/all #1~"],
        ),
        (
            "duckdb",
            "\"s\".\"m\".\"tab\\tnew\nline'\"",
            ["s", "m", "tab\\tnew\nline'"],
        ),
        (
            "duckdb",
            r#""läden"."main"."größe""#,
            ["läden", "main", "größe"],
        ),
        // What the manifest lists does not spell the name.
        (
            "dremio",
            r#""lake"."folder"."sub"."t""#,
            ["lake", "folder.sub", "t"],
        ),
        ("oracle", r#"S."a""b".t"#, ["", "x", "y"]),
        ("duckdb", r#""never closed.t"#, ["", "x", "y"]),
        ("duckdb", &format!("s.{long}"), ["", "s", &long]),
    ];
    let keys: Vec<_> = table
        .iter()
        .map(|(adapter, name, known)| {
            let parts = components(name, known);
            format!("{adapter:?} {name}\n  {}", asset_key(adapter, parts))
        })
        .collect();
    insta::assert_snapshot!(keys.join("\n"));
}

#[test]
fn the_keys_of_a_hook_are_checked() {
    for good in ["s3://bucket/file.parquet", "a1://x"] {
        assert_eq!(problem(good), None);
    }
    let long = format!("a://{}", "x".repeat(MAX_CHARS));
    for bad in [
        "",
        "orders",
        "my_db://x",
        "S3://x",
        "://x",
        "a://b c",
        "a://b\"",
        &long,
    ] {
        assert!(problem(bad).is_some(), "{bad}");
    }
}

/// Parts of names, hostile ones among them.
fn parts() -> impl Strategy<Value = Vec<String>> {
    let part = prop_oneof![
        "[a-z_]{1,8}",
        "[a./~\"`%#\\[\\] ü]{0,6}",
        "\\PC{0,20}",
        ".{0,200}"
    ];
    proptest::collection::vec(part, 1..4)
}

proptest! {
    #[test]
    fn every_key_is_one_that_prefect_takes(adapter in "\\PC{0,12}", parts in parts()) {
        prop_assert_eq!(problem(&asset_key(&adapter, &parts)), None);
    }

    #[test]
    fn relations_share_no_key(one in parts(), other in parts()) {
        let same = asset_key("duckdb", &one) == asset_key("duckdb", &other);
        prop_assert_eq!(same, one == other);
    }

    #[test]
    fn quoted_names_are_taken_apart(parts in proptest::collection::vec("[^\"]{1,10}", 3..4)) {
        let name = parts.iter().map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".");
        let known: Vec<&str> = parts.iter().map(String::as_str).collect();
        prop_assert_eq!(&components(&name, &known), &parts);
        // Even if the parts are unknown.
        prop_assert_eq!(&components(&name, &[]), &parts);
    }

    #[test]
    fn no_name_is_too_much(name in "\\PC{0,40}", known in parts()) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        prop_assert!(!components(&name, &known).is_empty());
    }
}
