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
    /// Where they are; `None`, and a word about it, when the tests run by themselves.
    pub(super) fn from_env() -> Option<Self> {
        let found = std::env::var_os("PREFECT_DBT_TEST_API")
            .zip(std::env::var_os("PREFECT_DBT_TEST_DBT"))
            .and_then(|(api, dbt)| Some((api.into_string().ok()?, PathBuf::from(dbt))));
        if found.is_none() {
            eprintln!("no dbt and no Prefect server to test with: run `cargo xtask test`");
        }
        found.map(|(api, dbt)| Self { api, dbt })
    }
}
