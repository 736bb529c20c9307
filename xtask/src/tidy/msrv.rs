//! The oldest Rust that a crate states is new enough for its dependencies and its syntax. For the functions of the standard
//! library, clippy checks this (`incompatible_msrv`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::report::Report;
use super::source::Tree;
use crate::process;

pub(super) fn check(tree: &Tree, report: &mut Report) -> Result<()> {
    let host =
        process::output(std::process::Command::new("rustc").args(["--print", "host-tuple"]))?;
    let text = process::output(process::cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--filter-platform",
        host.trim(),
    ]))?;
    for problem in newer_dependencies(&serde_json::from_str(&text)?) {
        report.of(Path::new("Cargo.toml"), &problem);
    }
    for file in tree.rust() {
        for (number, line) in file.code() {
            if has_let_in_guard(line) {
                report.at(&file.path, number, "`if let` in a guard needs Rust 1.95");
            }
        }
    }
    Ok(())
}

/// The dependencies of published packages, direct and indirect, that need a newer Rust than the package states. Those of tests
/// do not count.
fn newer_dependencies(metadata: &Value) -> BTreeSet<String> {
    let packages = by_id(&metadata["packages"]);
    let nodes = by_id(&metadata["resolve"]["nodes"]);
    let mut found = BTreeSet::new();
    for (id, package) in &packages {
        let is_published = package["source"].is_null() && package["publish"].is_null();
        if !is_published {
            continue;
        }
        let stated = version(&package["rust_version"]);
        for dependency in closure(id, &nodes) {
            let dependency = packages[dependency];
            if version(&dependency["rust_version"]) > stated {
                found.insert(format!(
                    "{} states Rust {}, but {} {} needs {}",
                    text(&package["name"]),
                    text(&package["rust_version"]),
                    text(&dependency["name"]),
                    text(&dependency["version"]),
                    text(&dependency["rust_version"]),
                ));
            }
        }
    }
    found
}

/// The ids of all packages that a package needs when it is built.
fn closure<'a>(id: &'a str, nodes: &BTreeMap<&'a str, &'a Value>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::from([id]);
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let dependencies = nodes.get(id).and_then(|node| node["deps"].as_array());
        for dependency in dependencies.into_iter().flatten() {
            let mut kinds = dependency["dep_kinds"].as_array().into_iter().flatten();
            let id = text(&dependency["pkg"]);
            if kinds.any(|kind| kind["kind"] != "dev") && found.insert(id) {
                open.push(id);
            }
        }
    }
    found
}

fn by_id(list: &Value) -> BTreeMap<&str, &Value> {
    let list = list.as_array().into_iter().flatten();
    list.map(|value| (text(&value["id"]), value)).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Major and minor number; none for a package that does not state a version.
fn version(value: &Value) -> Option<(u32, u32)> {
    let mut numbers = value.as_str()?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Whether the line is an arm of a `match` with a pattern in its guard.
fn has_let_in_guard(line: &str) -> bool {
    let before = line.split_once(" =>").map(|(before, _)| before);
    before.is_some_and(|before| before.contains(" if let ") || before.contains("&& let "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, rust_version: &str) -> Value {
        json!({"id": name, "name": name, "version": "1.0.0", "rust_version": rust_version, "source": "registry", "publish": null})
    }

    fn needs(name: &str, kind: Option<&str>) -> Value {
        json!({"pkg": name, "dep_kinds": [{"kind": kind, "target": null}]})
    }

    #[test]
    fn a_dependency_that_needs_a_newer_rust_is_reported_unless_only_tests_use_it() {
        let mut ours = package("ours", "1.89");
        ours["source"] = Value::Null;
        let mut tool = package("tool", "1.89");
        tool["source"] = Value::Null;
        tool["publish"] = json!([]);
        let metadata = json!({
            "packages": [ours, tool, package("old", "1.60"), package("below", "1.100.1"), package("script", "1.90"), package("tests", "1.99")],
            "resolve": {"nodes": [
                {"id": "ours", "deps": [needs("old", None), needs("script", Some("build")), needs("tests", Some("dev"))]},
                {"id": "old", "deps": [needs("below", None)]},
                {"id": "tool", "deps": [needs("tests", None)]},
            ]},
        });
        let found: Vec<String> = newer_dependencies(&metadata).into_iter().collect();
        assert_eq!(
            found,
            [
                "ours states Rust 1.89, but below 1.0.0 needs 1.100.1",
                "ours states Rust 1.89, but script 1.0.0 needs 1.90",
            ]
        );
    }

    #[test]
    fn patterns_in_guards_are_recognised() {
        assert!(has_let_in_guard(
            "            '[' if let Some(a) = b(c) => {"
        ));
        assert!(has_let_in_guard(
            "Some(a) if a > 1 && let Some(b) = c => b,"
        ));
        assert!(!has_let_in_guard("    if let Some(a) = b {"));
        assert!(!has_let_in_guard(
            "_ => if let Some(a) = b { a } else { c },"
        ));
    }
}
