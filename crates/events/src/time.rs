//! Timestamps in the forms that dbt writes.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Parses a timestamp of dbt: RFC 3339, or without a time zone, which means UTC. Truncated to microseconds.
///
/// ```
/// let zoned = dbt_events::parse_timestamp("2026-01-01T12:00:00.123456Z");
/// assert_eq!(zoned, dbt_events::parse_timestamp("2026-01-01T12:00:00.123456"));
/// assert_eq!(dbt_events::parse_timestamp(""), None);
/// ```
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let exact = match text.parse::<Timestamp>() {
        Ok(exact) => exact,
        Err(_) => text
            .parse::<DateTime>()
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()?
            .timestamp(),
    };
    // The Rust engine of dbt may write nanoseconds, dbt 1 writes microseconds.
    Timestamp::from_microsecond(exact.as_microsecond()).ok()
}
