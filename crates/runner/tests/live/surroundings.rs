//! What `cargo xtask test` put around us.

use std::path::PathBuf;

/// The real dbt and the real Prefect server.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    /// The URL of the server's API.
    pub(super) api: String,
    /// dbt's executable.
    pub(super) dbt: PathBuf,
}

impl Surroundings {
    /// Where they are. Tests of the real thing have nothing to say without it, so they fail rather than pass.
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
