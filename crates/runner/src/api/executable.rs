//! The dbt that the environment names.

use std::path::PathBuf;

/// The path in `PREFECT_DBT_EXECUTABLE`, if there is one.
pub(super) fn from_env() -> Option<PathBuf> {
    std::env::var_os("PREFECT_DBT_EXECUTABLE")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}
