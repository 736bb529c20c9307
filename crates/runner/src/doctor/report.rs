//! The report of the doctor, for people and as JSON.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// Version of the JSON form of the report. It is raised when a field is removed or changes its meaning.
pub(crate) const REPORT_FORMAT: u32 = 1;

/// The result of all checks. Its JSON form is stable:
///
/// ```json
/// {"format": 1, "ok": false, "checks": [
///   {"id": "dbt", "status": "ok", "finding": "dbt 1.11.2 ...", "advice": null, "details": {"version": "1.11.2"}}
/// ]}
/// ```
///
/// `ok` is true if no check has the status `problem`. A check that depends on another one is left out if that one
/// failed. The ids, in this order: `dbt`, `launcher`, `engine`, `project`, `folders`, `packages`, `references`,
/// `profile`, `settings`, `api`, `auth`, `clock`. `finding` and `advice` are for people and may change; `details` is for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub(crate) struct DoctorReport {
    /// [`REPORT_FORMAT`].
    pub format: u32,
    /// Whether no problem was found; there may be warnings.
    pub ok: bool,
    /// The checks.
    pub checks: Vec<Check>,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub(crate) struct Check {
    /// The name of the check, for programs.
    pub id: &'static str,
    /// The status.
    pub status: Status,
    /// What was found, for people.
    pub finding: String,
    /// What to do, if there is something to do.
    pub advice: Option<String>,
    /// What was found, for programs.
    pub details: Map<String, Value>,
}

/// The status of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Nothing to do.
    Ok,
    /// A run works, but perhaps not as intended.
    Warning,
    /// A run would fail.
    Problem,
}

impl DoctorReport {
    pub(super) fn new(checks: Vec<Check>) -> Self {
        Self {
            format: REPORT_FORMAT,
            ok: checks.iter().all(|check| check.status != Status::Problem),
            checks,
        }
    }

    fn count(&self, status: Status) -> usize {
        self.checks
            .iter()
            .filter(|check| check.status == status)
            .count()
    }
}

impl Check {
    pub(super) fn ok(id: &'static str, finding: impl Into<String>) -> Self {
        Self {
            id,
            status: Status::Ok,
            finding: finding.into(),
            advice: None,
            details: Map::new(),
        }
    }

    pub(super) fn warning(
        id: &'static str,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            status: Status::Warning,
            advice: Some(advice.into()),
            ..Self::ok(id, finding)
        }
    }

    pub(super) fn problem(
        id: &'static str,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            status: Status::Problem,
            ..Self::warning(id, finding, advice)
        }
    }

    pub(super) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        })
    }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Check {
            id,
            status,
            finding,
            advice,
            ..
        } in &self.checks
        {
            let mut lines = finding.lines();
            let first = lines.next().unwrap_or_default();
            writeln!(f, "{status:<8} {id:<11} {first}")?;
            for line in lines {
                writeln!(f, "{:21} {line}", "")?;
            }
            for line in advice.iter().flat_map(|advice| advice.lines()) {
                writeln!(f, "{:21} hint: {line}", "")?;
            }
        }
        let problems = self.count(Status::Problem);
        let warnings = self.count(Status::Warning);
        match (problems, warnings) {
            (0, 0) => writeln!(f, "\nno problems found"),
            _ => writeln!(f, "\nproblems: {problems}, warnings: {warnings}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_a_line_for_each_check_and_its_advice_below() {
        let report = DoctorReport::new(vec![
            Check::ok("dbt", "dbt 1.11.2 at /bin/dbt"),
            Check::warning("api", "no API is configured", "set PREFECT_API_URL"),
            Check::problem("references", "no variable `x`\n  --> there", "create it"),
        ]);
        assert!(!report.ok);
        insta::assert_snapshot!(report);
    }

    #[test]
    fn a_report_with_a_warning_is_ok() {
        assert!(DoctorReport::new(vec![Check::warning("api", "none", "set it")]).ok);
        let good = DoctorReport::new(vec![Check::ok("api", "there")]);
        assert!(good.to_string().ends_with("\nno problems found\n"));
    }

    #[test]
    fn the_json_has_every_field_of_every_check() {
        let check = Check::ok("dbt", "dbt 1.11.2").detail("version", "1.11.2");
        insta::assert_json_snapshot!(DoctorReport::new(vec![check]));
    }
}
