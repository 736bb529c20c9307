//! The environment variables that dbt 2 reads as options, and those with its reserved prefix that it knows.
//!
//! Source: dbt-core 2.0.0-beta.2, crates/dbt-clap-core/src/lib.rs and commands.rs (options), crates/dbt-main/src/vars.rs
//! (reserved prefix).

/// The prefix that dbt reserves for itself. dbt 2 ends with an error if it finds a variable with this prefix that it does
/// not know; dbt 1 warns.
pub(super) const RESERVED: &str = "DBT_ENGINE_";

/// Names behind `DBT_` that options read, and behind `DBT_ENGINE_`, which wins.
const BOTH: &str = "BETA_USE_QUERY_CACHE BUILD_CACHE_CAS_URL BUILD_CACHE_MODE BUILD_CACHE_NODES_URL CACHE_ALL_SCHEMAS
    CACHE_SELECTED_ONLY COMPUTE DEBUG DEFER DEFER_STATE DISABLE_VERSION_CHECK EVENT_TIME_END EVENT_TIME_START
    EXPORT_SAVED_QUERIES EXPORT_TO_OTLP FAIL_FAST FAVOR_STATE FS_INTERNAL_PACKAGES_INSTALL_PATH FULL_REFRESH
    INDIRECT_SELECTION INTERNAL_PACKAGE_MODE INTROSPECT INVOCATION_ID LOG_CACHE_EVENTS LOG_FILE_MAX_BYTES LOG_FORMAT
    LOG_FORMAT_FILE LOG_LEVEL LOG_LEVEL_FILE LOG_PATH MACRO_DEBUGGING MAXIMUM_SEED_SIZE_MIB NO_FAIL_FAST NO_FAVOR_STATE
    NO_LOG_CACHE_EVENTS NO_PARALLEL OTEL_FILE_NAME OTEL_PARQUET_FILE_NAME PACKAGES_INSTALL_PATH PARENT_SPAN_ID
    PARTIAL_PARSE PARTIAL_PARSE_FILE_DIFF PARTIAL_PARSE_FILE_PATH POPULATE_CACHE PRINT PRINTER_WIDTH PROFILE PROFILES_DIR
    PROJECT_DIR QUIET SAMPLE SEND_ANONYMOUS_USAGE_STATS SHOW_ALL_DEPRECATIONS SKIP_SEMANTIC_MANIFEST_VALIDATION STATE
    STATIC_ANALYSIS STATIC_PARSER STORE_FAILURES TARGET TARGET_PATH TASK_CACHE_URL TIME_MACHINE_MODE
    TIME_MACHINE_ORDERING TIME_MACHINE_PATH USE_COLORS USE_COLORS_FILE USE_EXPERIMENTAL_PARSER USE_FAST_TEST_EDGES
    VERSION_CHECK WARN_ERROR WARN_ERROR_OPTIONS WRITE_CATALOG WRITE_JSON";

/// Names that options read behind `DBT_` only.
const PLAIN: &str = "DIRTY EXCLUDE_RESOURCE_TYPES INDEX_DIR METADATA_DIR PARTIAL_LOAD RESOURCE_TYPES USE_INDEX WRITE_LINEAGE
    WRITE_METADATA";

/// Names behind `DBT_ENGINE_` that dbt 2 uses, or knows from dbt 1 and warns of.
const ENGINE: &str = "BATCH_TESTS BETA_PACKAGE_PARSING BETA_PARSING EXPERIMENTAL_LIST_UDFS EXPERIMENTAL_SNAPSHOT_COLUMNS
    MANAGE_STATE NO_WARN_SEMANTIC_MANIFEST_VALIDATION RECORDER_FILE_PATH RECORDER_MODE RECORDER_ROW_LIMIT RECORDER_TYPES
    SKIP_REDUNDANT_TESTS STATE_API_URL STATE_AUTH_URL STATE_EMIT_REUSED_STATUS STATE_HOME STATE_OAUTH_CLIENT_ID
    STATE_TOKEN_URL
    ARTIFACT_STATE_PATH CLEAN_PROJECT_FILES_ONLY DEFER_TO_STATE DOWNLOAD_DIR EMPTY EXCLUDE_RESOURCE_TYPES FAVOR_STATE_MODE
    HOST INCLUDE_SAVED_QUERY INVOCATION_ENV NO_PRINT PACKAGE_HUB_URL PP_FILE_DIFF_TEST PP_TEST RECORDED_FILE_PATH
    RESOURCE_TYPES SHOW_RESOURCE_REPORT SQLPARSE TEST_STATE_MODIFIED UPLOAD_TO_ARTIFACTS_INGEST_API
    USE_EXPERIMENTAL_JOB_HEALTH_MONITOR USE_EXPERIMENTAL_SKIP_NODES_SYNCHRONOUSLY USE_V2_PARSER
    VORTEX_EVENT_FORWARDING_ENABLED WRITE_SQL_QUERY_DATA";

/// Whether dbt 2 reads the variable as an option, which may not be empty.
pub(super) fn is_option(variable: &str) -> bool {
    match (
        variable.strip_prefix(RESERVED),
        variable.strip_prefix("DBT_"),
    ) {
        (Some(name), _) => has(BOTH, name),
        (None, Some(name)) => has(BOTH, name) || has(PLAIN, name),
        (None, None) => false,
    }
}

/// Whether the variable has the reserved prefix and dbt 2 does not know it.
pub(super) fn is_unknown(variable: &str) -> bool {
    let name = variable.strip_prefix(RESERVED);
    name.is_some_and(|name| !has(BOTH, name) && !has(ENGINE, name))
}

fn has(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbt::command_line::Flag;

    #[test]
    fn names_with_the_reserved_prefix() {
        for known in [
            "DBT_ENGINE_FAIL_FAST",
            "DBT_ENGINE_MANAGE_STATE",
            "DBT_ENGINE_HOST",
        ] {
            assert!(!is_unknown(known), "{known}");
        }
        for unknown in ["DBT_ENGINE_MINE", "DBT_ENGINE_HINTS_ENABLED", "DBT_ENGINE_"] {
            assert!(is_unknown(unknown), "{unknown}");
        }
        assert!(!is_unknown("DBT_MINE") && !is_unknown("HOME"));
    }

    #[test]
    fn only_options_may_not_be_empty() {
        for option in ["DBT_DEBUG", "DBT_ENGINE_TARGET", "DBT_RESOURCE_TYPES"] {
            assert!(is_option(option), "{option}");
        }
        for free in [
            "DBT_MINE",
            "DBT_ENV_SECRET_X",
            "DBT_ENGINE_MANAGE_STATE",
            "TARGET",
        ] {
            assert!(!is_option(free), "{free}");
        }
    }

    #[test]
    fn the_table_of_flags_names_no_other_variable_of_dbt_2() {
        for flag in Flag::all_of_dbt_2() {
            let Some(variable) = flag.variable() else {
                continue;
            };
            let is_known =
                is_option(&variable) || has(ENGINE, variable.trim_start_matches(RESERVED));
            assert!(is_known, "{variable}");
        }
    }
}
