//! `cargo xtask wheel`: the Python package with the program, as maturin packs it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{self, output, run};
use crate::python::Environment;
use crate::workspace;

/// What takes cargo's place while maturin packs the wheel of the tests: it answers that the program was built. maturin itself
/// would build it anew, because the features of a package and those of the workspace differ.
const CARGO: &str = r#"#!/bin/sh
case " $* " in
*" rustc "*) cat "$PACKED_PROGRAM.json" ;;
*) exec "$PACKING_CARGO" "$@" ;;
esac
"#;

/// Builds the source distribution, then the wheel from it.
pub(crate) fn build() -> Result<()> {
    Environment::Wheel.install()?;
    let out = workspace::fresh_dir("wheels")?;
    let mut maturin = maturin(&out);
    maturin
        // The tag names the oldest C library with which the program runs.
        .args(["--release", "--sdist", "--compatibility", "pypi"])
        // Otherwise everything is built anew in the folder of the source distribution.
        .env("CARGO_TARGET_DIR", workspace::target());
    run(&mut maturin)?;
    for file in fs_err::read_dir(&out)? {
        let file = file?;
        let megabytes = file.metadata()?.len() as f64 / 1e6;
        println!("{}: {megabytes:.1} MB", file.path().display());
    }
    Ok(())
}

/// Packs the program that the tests were built with into a wheel; `None` if only tests of other crates were built.
pub(crate) fn of_tests() -> Result<Option<PathBuf>> {
    let built = workspace::target().join("debug/prefect-dbt");
    if !built.exists() {
        return Ok(None);
    }
    Environment::Wheel.install()?;
    let out = workspace::fresh_dir("wheels/tests")?;
    let program = out.join("prefect-dbt");
    fs_err::hard_link(&built, &program)?;
    fs_err::write(out.join("prefect-dbt.json"), built_program(&program))?;
    let cargo = out.join("cargo");
    fs_err::write(&cargo, CARGO)?;
    fs_err::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755))?;
    let mut maturin = maturin(&out);
    output(
        maturin
            .args(["--compression-method", "stored"])
            .env("CARGO", &cargo)
            .env("PACKING_CARGO", process::cargo().get_program())
            .env("PACKED_PROGRAM", &program),
    )?;
    wheel_in(&out).map(Some)
}

fn maturin(out: &Path) -> Command {
    let mut maturin = Command::new(Environment::Wheel.program("maturin"));
    process::remove_package_variables(&mut maturin);
    maturin
        .current_dir(workspace::root().join("crates/runner"))
        .arg("build")
        .arg("--out")
        .arg(out);
    maturin
}

/// What cargo prints of a program that it has built.
fn built_program(program: &Path) -> String {
    let crate_dir = workspace::root().join("crates/runner");
    let artifact = serde_json::json!({
        "reason": "compiler-artifact",
        "package_id": format!("path+file://{}#prefect-dbt@{}", crate_dir.display(), env!("CARGO_PKG_VERSION")),
        "manifest_path": crate_dir.join("Cargo.toml"),
        "target": {
            "name": "prefect-dbt", "kind": ["bin"], "crate_types": ["bin"], "edition": "2024",
            "src_path": crate_dir.join("src/main.rs"),
        },
        "profile": {
            "opt_level": "0", "debuginfo": 0, "debug_assertions": true, "overflow_checks": true, "test": false,
        },
        "features": [],
        "filenames": [program],
        "executable": program,
        "fresh": true,
    });
    let end = serde_json::json!({"reason": "build-finished", "success": true});
    format!("{artifact}\n{end}\n")
}

fn wheel_in(folder: &Path) -> Result<PathBuf> {
    for file in fs_err::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    bail!("maturin has left no wheel in {}", folder.display())
}
