//! prefect-dbt's own debug log.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The variable with the log filter, such as `debug` or `prefect_client=trace`.
const FILTER: &str = "PREFECT_DBT_LOG";

/// Writes the log to `writer`, if `PREFECT_DBT_LOG` has a filter.
pub(super) fn from_env<W>(writer: W)
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let Some(filter) = std::env::var_os(FILTER).filter(|filter| !filter.is_empty()) else {
        return;
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter.to_string_lossy()))
        .with_writer(writer)
        .init();
}
