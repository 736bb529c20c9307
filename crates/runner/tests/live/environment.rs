//! dbt and the Prefect server that `cargo xtask test` provides.

use std::path::PathBuf;

/// The real dbt and a real Prefect server.
#[derive(Debug, Clone)]
pub(super) struct TestEnvironment {
    /// The URL of the server's API.
    pub(super) api: String,
    /// dbt's executable.
    pub(super) dbt: PathBuf,
}

impl TestEnvironment {
    /// Reads it from the environment. A live test without it fails.
    pub(super) fn from_env() -> Self {
        let variable = |name| {
            let value = std::env::var_os(name).and_then(|value| value.into_string().ok());
            value
                .unwrap_or_else(|| panic!("{name} is not set: run the tests by `cargo xtask test`"))
        };
        Self {
            api: variable("PREFECT_DBT_TEST_API"),
            dbt: variable("PREFECT_DBT_TEST_DBT").into(),
        }
    }
}
