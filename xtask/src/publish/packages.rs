//! The packages of the crates, as `cargo publish` uploads them.

use anyhow::{Result, bail};

use crate::process::{cargo, output, run};

/// The crates that other programs can depend on, and their folders: each after those that it depends on.
pub(crate) const CRATES: [(&str, &str); 6] = [
    ("dbt-manifest", "manifest"),
    ("dbt-events", "events"),
    ("dbt-templating", "templating"),
    ("prefect-client", "prefect-client"),
    ("dbt-selector", "selector"),
    ("prefect-dbt", "runner"),
];

/// Files of every package.
const REQUIRED: [&str; 4] = ["Cargo.toml", "LICENSE", "README.md", "src/lib.rs"];
/// What a package may hold beside them: a folder, or a file that cargo adds.
const ALLOWED: [&str; 5] = [
    "src/",
    "examples/",
    "Cargo.lock",
    "Cargo.toml.orig",
    ".cargo_vcs_info.json",
];

/// Makes all packages without building them, and fails if a file is missing or does not belong there.
pub(crate) fn check() -> Result<()> {
    run(workspace_command("package").args(["--no-verify", "--quiet"]))?;
    let mut problems = Vec::new();
    for (package, _) in CRATES {
        let list = output(cargo().args(["package", "--list", "--allow-dirty", "-p", package]))?;
        let files: Vec<&str> = list.lines().collect();
        problems.extend(unexpected(package, &files));
    }
    if !problems.is_empty() {
        bail!("packages:\n{}", problems.join("\n"));
    }
    Ok(())
}

/// Does all that publishing does but the upload: each crate is built from its package alone.
pub(crate) fn rehearse() -> Result<()> {
    run(workspace_command("publish").args(["--dry-run", "--quiet"]))
}

/// A command of cargo about all crates that are published, whatever is not committed yet.
fn workspace_command(name: &str) -> std::process::Command {
    let mut command = cargo();
    command.args([name, "--workspace", "--exclude", "xtask", "--allow-dirty"]);
    command
}

/// What is wrong with the list of a package's files.
fn unexpected(package: &str, files: &[&str]) -> Vec<String> {
    let missing = REQUIRED
        .iter()
        .filter(|required| !files.contains(required))
        .map(|required| format!("{package}: no {required}; see `include` in the root Cargo.toml"));
    let is_extra = |file: &&&str| {
        let known = REQUIRED.contains(file) || ALLOWED.iter().any(|name| file.starts_with(name));
        !known || file.ends_with(".snap")
    };
    let extra = files
        .iter()
        .filter(is_extra)
        .map(|file| format!("{package}: {file} does not belong in the package"));
    missing.chain(extra).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_its_sources_and_licence_and_no_tests() {
        let complete = [
            "Cargo.toml",
            "LICENSE",
            "README.md",
            "src/lib.rs",
            "src/a/b.rs",
        ];
        assert!(unexpected("a", &complete).is_empty());
        let found = unexpected(
            "a",
            &[
                "Cargo.toml",
                "README.md",
                "src/lib.rs",
                "tests/it.rs",
                "src/snapshots/a.snap",
            ],
        );
        assert_eq!(
            found,
            [
                "a: no LICENSE; see `include` in the root Cargo.toml",
                "a: tests/it.rs does not belong in the package",
                "a: src/snapshots/a.snap does not belong in the package",
            ]
        );
    }
}
