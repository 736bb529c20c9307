//! What the rules found.

use std::path::Path;

/// Violations, gathered so that all of them show at once.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<String>,
}

impl Report {
    /// Something wrong in a line of a file, counted from 1.
    pub(super) fn at(&mut self, path: &Path, line: usize, problem: &str) {
        self.findings
            .push(format!("{}:{line}: {problem}", path.display()));
    }

    /// Something wrong with a file as a whole.
    pub(super) fn of(&mut self, path: &Path, problem: &str) {
        self.findings.push(format!("{}: {problem}", path.display()));
    }

    /// Everything found, sorted, each once.
    pub(super) fn into_findings(mut self) -> Vec<String> {
        self.findings.sort();
        self.findings.dedup();
        self.findings
    }
}
