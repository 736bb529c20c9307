//! The account that the doctor gives.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// Version of the report's JSON form; it changes when a field changes its meaning or goes.
pub const REPORT_FORMAT: u32 = 1;

/// What was found. Its JSON form is stable:
///
/// ```json
/// {"format": 1, "ok": false, "checks": [
///   {"id": "dbt", "status": "ok", "finding": "dbt 1.11.2 ...", "advice": null, "details": {"version": "1.11.2"}}
/// ]}
/// ```
///
/// `ok` is true when no check has the status `problem`. A check that another one's success is needed for is left out
/// when that one failed. The ids, in this order: `dbt`, `project`, `references`, `profile`, `settings`, `api`, `auth`,
/// `clock`. `finding` and `advice` are for people and may change; `details` is for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DoctorReport {
    /// [`REPORT_FORMAT`].
    pub format: u32,
    /// Whether nothing is in the way of a run.
    pub ok: bool,
    /// The checks.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// Its name, for programs.
    pub id: &'static str,
    /// How it is.
    pub status: Status,
    /// What was found, in a sentence.
    pub finding: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// What was found, for programs.
    pub details: Map<String, Value>,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Well.
    Ok,
    /// A run goes on, perhaps not as meant.
    Warning,
    /// A run fails.
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
            (0, 0) => writeln!(f, "\nall is well"),
            _ => writeln!(f, "\nproblems: {problems}, warnings: {warnings}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_a_line_for_each_check_and_what_to_do_below() {
        let report = DoctorReport::new(vec![
            Check::ok("dbt", "dbt 1.11.2 at /bin/dbt"),
            Check::warning("api", "no API is configured", "set PREFECT_API_URL"),
            Check::problem("references", "no variable `x`\n  --> there", "create it"),
        ]);
        assert!(!report.ok);
        insta::assert_snapshot!(report);
    }

    #[test]
    fn a_warning_is_no_problem() {
        assert!(DoctorReport::new(vec![Check::warning("api", "none", "set it")]).ok);
        let well = DoctorReport::new(vec![Check::ok("api", "there")]);
        assert!(well.to_string().ends_with("\nall is well\n"));
    }

    #[test]
    fn programs_read_every_field_of_every_check() {
        let check = Check::ok("dbt", "dbt 1.11.2").detail("version", "1.11.2");
        insta::assert_json_snapshot!(DoctorReport::new(vec![check]));
    }
}
