//! The schedule of a deployment.

use std::time::Duration;

use serde_json::{Value, json};

use super::cron;

/// The schedule of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// The rule.
    pub when: When,
    /// The IANA name of the time zone of the rule; UTC if not given.
    pub timezone: Option<String>,
}

/// The rule of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// A cron expression.
    Cron(String),
    /// The time between two runs.
    Interval(Duration),
    /// A recurrence rule of iCalendar (RFC 5545).
    Rrule(String),
}

/// The frequencies of a recurrence rule.
const FREQUENCIES: [&str; 7] = [
    "YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY",
];

impl Schedule {
    /// A schedule with this rule.
    #[must_use]
    pub fn new(when: When, timezone: Option<String>) -> Self {
        Self { when, timezone }
    }

    /// What is certainly wrong with it. Only the server can check all of it.
    pub(super) fn problems(&self) -> Vec<String> {
        let rule = match &self.when {
            When::Cron(line) => cron::problem(line),
            When::Interval(interval) => interval
                .is_zero()
                .then(|| "the interval of the schedule is zero".to_owned()),
            When::Rrule(rule) => rrule_problem(rule),
        };
        let zone = self.timezone.as_deref().and_then(timezone_problem);
        rule.into_iter().chain(zone).collect()
    }

    /// The schedule as JSON, for the request.
    pub(super) fn body(&self) -> Value {
        let mut schedule = match &self.when {
            When::Cron(line) => json!({ "cron": line }),
            When::Interval(interval) => json!({ "interval": interval.as_secs_f64() }),
            When::Rrule(rule) => json!({ "rrule": rule }),
        };
        if let Some(timezone) = &self.timezone {
            schedule["timezone"] = json!(timezone);
        }
        json!({ "active": true, "schedule": schedule })
    }
}

fn rrule_problem(rule: &str) -> Option<String> {
    let mut parts = rule.split([';', ':', '\n']).map(str::trim);
    let frequency = parts.find_map(|part| part.strip_prefix("FREQ="));
    match frequency {
        Some(frequency) if FREQUENCIES.contains(&frequency) => None,
        Some(frequency) => Some(format!(
            "the recurrence rule has the frequency `{frequency}`, expected one of {}",
            FREQUENCIES.join(", ")
        )),
        None => Some(format!(
            "the recurrence rule `{rule}` has no frequency, such as FREQ=DAILY"
        )),
    }
}

/// What is wrong with the name of a time zone, if this machine has a time zone database.
fn timezone_problem(name: &str) -> Option<String> {
    let database = jiff::tz::db();
    let known = database.is_definitively_empty() || database.get(name).is_ok();
    (!known).then(|| {
        format!("`{name}` is not a time zone (expected an IANA name, such as Europe/Berlin)")
    })
}
