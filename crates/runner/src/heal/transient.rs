//! The messages of errors that are likely to be gone at the next try: one table for all adapters.

use std::fmt;

/// A class of transient errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The connection was lost, or could not be opened because the database is away or busy.
    Connection,
    /// The database ended one of several transactions that waited for each other, or a lock was not free in time.
    Lock,
    /// The database takes no more requests at the moment.
    Throttling,
    /// Another transaction changed the same data.
    Serialization,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "connection lost",
            Self::Lock => "lock not available",
            Self::Throttling => "throttled",
            Self::Serialization => "serialization failure",
        })
    }
}

/// The transient errors of one source.
struct Entry {
    /// The adapter types of dbt that report them; empty for all that are in the table.
    adapters: &'static [&'static str],
    class: Class,
    /// Parts of the message, in lower case.
    texts: &'static [&'static str],
    /// Where they are defined.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for the reader, and checked by a test")
    )]
    source: &'static str,
}

const POSTGRES: &[&str] = &["postgres", "redshift"];

/// The table. A text is as long as it must be, so that no name of a column or relation matches it by accident.
const TABLE: &[Entry] = &[
    Entry {
        adapters: &[],
        class: Class::Connection,
        texts: &[
            "connection reset by peer",
            "connection aborted.",
            "connection timed out",
            "remote end closed connection without response",
            "temporary failure in name resolution",
        ],
        source: "POSIX: messages of ECONNRESET, ETIMEDOUT and EAI_AGAIN; Python: http.client.RemoteDisconnected",
    },
    Entry {
        adapters: POSTGRES,
        class: Class::Connection,
        texts: &[
            "server closed the connection unexpectedly",
            "terminating connection due to administrator command",
            "terminating connection because of crash of another server process",
            "ssl connection has been closed unexpectedly",
            "could not receive data from server",
            "could not send data to server",
            "the database system is starting up",
            "the database system is shutting down",
            "the database system is in recovery mode",
            "connection already closed",
        ],
        source: "PostgreSQL: libpq (fe-misc.c, fe-secure-openssl.c), class 57P of appendix A; psycopg2: InterfaceError",
    },
    Entry {
        adapters: POSTGRES,
        class: Class::Throttling,
        texts: &[
            "sorry, too many clients already",
            "remaining connection slots are reserved",
        ],
        source: "PostgreSQL: appendix A, 53300 too_many_connections",
    },
    Entry {
        adapters: POSTGRES,
        class: Class::Lock,
        texts: &[
            "deadlock detected",
            "canceling statement due to lock timeout",
        ],
        source: "PostgreSQL: appendix A, 40P01 deadlock_detected and 55P03 lock_not_available",
    },
    Entry {
        adapters: POSTGRES,
        class: Class::Serialization,
        texts: &[
            "could not serialize access due to",
            "tuple concurrently updated",
        ],
        source: "PostgreSQL: appendix A, 40001 serialization_failure; heapam.c (simple_heap_update)",
    },
    Entry {
        adapters: &["redshift"],
        class: Class::Serialization,
        texts: &["serializable isolation violation on table"],
        source: "Amazon Redshift: isolation levels, error 1023; github.com/dbt-labs/dbt-redshift/issues/21",
    },
    Entry {
        adapters: &["snowflake"],
        class: Class::Connection,
        texts: &["250001 (08001): ", "250003 (08001): ", "250003: "],
        source: "snowflake-connector-python: errorcode.py, ER_FAILED_TO_CONNECT_TO_DB and ER_FAILED_TO_REQUEST",
    },
    Entry {
        adapters: &["snowflake"],
        class: Class::Lock,
        texts: &[
            "000625 (57014)",
            "number of waiters for this lock exceeds the",
        ],
        source: "Snowflake: transactions, lock timeout and aborted transactions (625), and limit of waiters (20)",
    },
    Entry {
        adapters: &["bigquery"],
        class: Class::Throttling,
        texts: &[
            "exceeded rate limits: ",
            "ratelimitexceeded",
            "jobratelimitexceeded",
        ],
        source: "docs.cloud.google.com/bigquery/docs/error-messages: rateLimitExceeded, jobRateLimitExceeded",
    },
    Entry {
        adapters: &["bigquery"],
        class: Class::Connection,
        texts: &["backenderror", "retrying may solve the problem"],
        source: "docs.cloud.google.com/bigquery/docs/error-messages: backendError, internalError",
    },
    Entry {
        adapters: &["bigquery"],
        class: Class::Serialization,
        texts: &["could not serialize access to table"],
        source: "BigQuery: DML, concurrent jobs; github.com/confluentinc/kafka-connect-bigquery/issues/279",
    },
    Entry {
        adapters: &["databricks"],
        class: Class::Serialization,
        texts: &[
            "delta_concurrent_",
            "concurrentappendexception",
            "concurrentdeletereadexception",
            "concurrentdeletedeleteexception",
            "metadatachangedexception",
        ],
        source: "docs.delta.io: concurrency control; github.com/delta-io/delta/issues/2220",
    },
    Entry {
        adapters: &["databricks"],
        class: Class::Throttling,
        texts: &["temporarily_unavailable", "request_limit_exceeded"],
        source: "Databricks REST API: error codes TEMPORARILY_UNAVAILABLE (503) and REQUEST_LIMIT_EXCEEDED (429)",
    },
    Entry {
        adapters: &["duckdb"],
        class: Class::Lock,
        texts: &["could not set lock on file"],
        source: "duckdb.org/docs/stable/connect/concurrency: one process has the file open for writing",
    },
    Entry {
        adapters: &["duckdb"],
        class: Class::Serialization,
        texts: &["transactioncontext error: conflict on "],
        source: "duckdb.org/docs/stable/connect/concurrency: optimistic concurrency control",
    },
];

/// The class of the transient error that a message reports. `None` if it may be permanent, or if nothing is known of the
/// adapter.
pub(super) fn class_of(adapter: &str, message: &str) -> Option<Class> {
    let is_known = || TABLE.iter().any(|entry| entry.adapters.contains(&adapter));
    let message = message.to_lowercase();
    let applies = |entry: &&Entry| match entry.adapters {
        [] => is_known(),
        adapters => adapters.contains(&adapter),
    };
    let mut entries = TABLE.iter().filter(applies);
    entries
        .find(|entry| entry.texts.iter().any(|text| message.contains(text)))
        .map(|entry| entry.class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_errors_of_each_adapter_are_known() {
        for (adapter, message, class) in [
            (
                "postgres",
                "Database Error in model a\n  deadlock detected\n  DETAIL: Process 1",
                Class::Lock,
            ),
            (
                "postgres",
                "  terminating connection due to administrator command\n  SSL connection has been closed",
                Class::Connection,
            ),
            (
                "redshift",
                "1023 Detail: Serializable isolation violation on table - 100167",
                Class::Serialization,
            ),
            (
                "snowflake",
                "Database Error\n  250001 (08001): Failed to connect to DB: x.snowflakecomputing.com:443",
                Class::Connection,
            ),
            (
                "bigquery",
                "Exceeded rate limits: too many table update operations for this table.",
                Class::Throttling,
            ),
            (
                "databricks",
                "[DELTA_CONCURRENT_APPEND] ConcurrentAppendException: Files were added",
                Class::Serialization,
            ),
            (
                "duckdb",
                "IO Error: Could not set lock on file \"/x/shop.duckdb\": Conflicting lock is held in python (PID 1)",
                Class::Lock,
            ),
            (
                "snowflake",
                "('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
                Class::Connection,
            ),
        ] {
            assert_eq!(class_of(adapter, message), Some(class), "{message}");
        }
    }

    #[test]
    fn errors_of_the_code_and_of_other_adapters_are_not() {
        for (adapter, message) in [
            ("postgres", "column \"deadlock\" does not exist"),
            ("postgres", "division by zero"),
            (
                "duckdb",
                "Binder Error: Referenced column \"connection\" not found",
            ),
            ("duckdb", "deadlock detected"),
            ("trino", "connection reset by peer"),
            (
                "bigquery",
                "Quota exceeded: Your table exceeded quota for imports",
            ),
            ("postgres", "canceling statement due to statement timeout"),
            ("", ""),
        ] {
            assert_eq!(class_of(adapter, message), None, "{adapter}: {message}");
        }
    }

    #[test]
    fn each_entry_has_lower_case_texts_and_a_source() {
        for entry in TABLE {
            assert!(!entry.source.is_empty() && !entry.texts.is_empty());
            for text in entry.texts {
                assert_eq!(*text, text.to_lowercase());
            }
        }
    }
}
