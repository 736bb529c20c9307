//! Paths of the workspace.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map(Path::to_path_buf).unwrap_or(xtask)
}

/// cargo's target directory. All generated files that are not committed are in it.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The test data.
pub(crate) fn testdata() -> PathBuf {
    root().join("testdata")
}

/// The release build of prefect-dbt.
pub(crate) fn release_binary() -> PathBuf {
    target().join("release").join("prefect-dbt")
}

/// The release build of an example.
pub(crate) fn release_example(name: &str) -> PathBuf {
    target().join("release/examples").join(name)
}

/// An empty directory in the target directory. Files of an earlier run are removed.
pub(crate) fn fresh_dir(name: &str) -> std::io::Result<PathBuf> {
    let dir = target().join(name);
    if dir.exists() {
        fs_err::remove_dir_all(&dir)?;
    }
    fs_err::create_dir_all(&dir)?;
    Ok(dir)
}

/// Copies a dbt project without the files that dbt generated in it.
pub(crate) fn copy_project(from: &Path, to: &Path) -> std::io::Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let made_by_dbt = ["target", "logs", "dbt_packages", ".prefect-dbt"];
        let is_made = made_by_dbt.iter().any(|made| name == *made)
            || Path::new(&name)
                .extension()
                .is_some_and(|ext| ext == "duckdb" || ext == "wal");
        if is_made {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_project(&entry.path(), &to.join(name))?;
        } else {
            fs_err::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
