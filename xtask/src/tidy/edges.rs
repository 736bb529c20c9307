//! The workspace's crates depend on one another only as ARCHITECTURE.md shows.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::report::Report;
use crate::process;

/// Each package and the packages of the workspace that it may use.
const ALLOWED: [(&str, &[&str]); 7] = [
    ("dbt-manifest", &[]),
    ("dbt-events", &[]),
    ("dbt-templating", &[]),
    ("prefect-client", &[]),
    ("dbt-selector", &["dbt-manifest"]),
    (
        "prefect-dbt",
        &[
            "dbt-events",
            "dbt-manifest",
            "dbt-selector",
            "dbt-templating",
            "prefect-client",
        ],
    ),
    ("xtask", &["prefect-client"]),
];

pub(super) fn check(report: &mut Report) -> Result<()> {
    let text =
        process::output(process::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text)?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        check_package(package, report);
    }
    Ok(())
}

fn check_package(package: &Value, report: &mut Report) {
    let name = package["name"].as_str().unwrap_or_default();
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        report.of(
            Path::new("Cargo.toml"),
            &format!("the package `{name}` is not in the table in xtask/src/tidy/edges.rs"),
        );
        return;
    };
    for dependency in package["dependencies"].as_array().into_iter().flatten() {
        let other = dependency["name"].as_str().unwrap_or_default();
        let is_ours = ALLOWED.iter().any(|(known, _)| *known == other);
        if is_ours && !allowed.contains(&other) {
            let problem = format!("`{name}` must not depend on `{other}`; see ARCHITECTURE.md");
            report.of(Path::new("Cargo.toml"), &problem);
        }
    }
}
