//! The findings of the rules.

use std::path::Path;

/// All findings, so that one run shows them together.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<String>,
}

impl Report {
    /// Adds a finding in a line of a file, counted from 1.
    pub(super) fn at(&mut self, path: &Path, line: usize, problem: &str) {
        self.findings
            .push(format!("{}:{line}: {problem}", path.display()));
    }

    /// Adds a finding about a whole file.
    pub(super) fn of(&mut self, path: &Path, problem: &str) {
        self.findings.push(format!("{}: {problem}", path.display()));
    }

    /// The findings, sorted, each once.
    pub(super) fn into_findings(mut self) -> Vec<String> {
        self.findings.sort();
        self.findings.dedup();
        self.findings
    }
}
