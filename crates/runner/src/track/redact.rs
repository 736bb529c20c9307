//! Taking secrets out of whatever leaves the process.

use std::borrow::Cow;

use serde_json::Value;

use super::run::TrackedRun;
use crate::model::{Effect, NodeResult, State};

/// What stands in the place of a secret; dbt's own mask.
pub const MASK: &str = "*****";

/// Masks secret values in texts. Its `Debug` form shows none of them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret within a secret leaves no rest.
    secrets: Vec<String>,
}

impl Redactor {
    /// A redactor for these values, in the forms in which a program may print them; empty ones cannot be masked and do
    /// not matter.
    pub fn new<S: Into<String>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut secrets: Vec<String> = secrets
            .into_iter()
            .flat_map(|secret| forms(secret.into()))
            .filter(|secret: &String| !secret.trim().is_empty())
            .collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    /// Whether there is nothing to mask.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The text with every secret masked.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for secret in &self.secrets {
            if masked.contains(secret.as_str()) {
                masked = Cow::Owned(masked.replace(secret.as_str(), MASK));
            }
        }
        masked
    }

    fn mend(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.text(text) {
            *text = masked;
        }
    }

    fn mend_option(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.mend(text);
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.mend(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn state(&self, state: &mut State) {
        self.mend_option(&mut state.message);
    }

    fn result(&self, result: &mut NodeResult) {
        self.mend_option(&mut result.message);
        if let Some(response) = &mut result.adapter_response {
            self.value(response);
        }
    }

    /// Masks every free text of an effect. Names and ids are dbt's, and stand in files of the project.
    pub fn effect(&self, effect: &mut Effect) {
        if self.is_idle() {
            return;
        }
        match effect {
            Effect::NodeFinished(_, end) => {
                self.state(&mut end.state);
                self.result(&mut end.result);
            }
            Effect::Log(line) => self.mend(&mut line.message),
            Effect::RunFinished(end) => self.state(&mut end.state),
            Effect::Asset(event) => {
                self.mend_option(&mut event.asset.description);
                event
                    .payload
                    .values_mut()
                    .for_each(|value| self.value(value));
            }
            Effect::Summary(summary) => self.mend(&mut summary.markdown),
            Effect::NodeRunning(_) | Effect::Total(_) => {}
        }
    }

    /// Masks every free text of a run's account.
    pub fn run(&self, run: &mut TrackedRun) {
        if self.is_idle() {
            return;
        }
        for node in &mut run.nodes {
            self.state(&mut node.state);
            self.result(&mut node.result);
        }
        self.mend_option(&mut run.dbt_error);
        self.mend_option(&mut run.dbt_command);
    }
}

/// Shorter lines of a long secret are braces and the like, which would be masked everywhere.
const SHORTEST_LINE: usize = 8;

/// A secret as it is, as a literal of Python or JSON, and, as output comes in lines, each line of a long one.
fn forms(secret: String) -> Vec<String> {
    let python = secret
        .replace('\\', r"\\")
        .replace('\n', r"\n")
        .replace('\r', r"\r")
        .replace('\t', r"\t");
    let json = python.replace('"', r#"\""#);
    let mut forms = vec![python.replace('\'', r"\'"), python, json];
    if secret.contains('\n') {
        let lines = secret.lines().map(str::trim);
        let long = lines.filter(|line| line.len() >= SHORTEST_LINE);
        forms.extend(long.map(str::to_owned));
    }
    forms.push(secret);
    forms
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor")
            .field("secrets", &self.secrets.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_within_a_secret_leaves_no_rest() {
        let redactor = Redactor::new(["hunter2", "hunter2-and-more", " ", ""]);
        assert_eq!(
            redactor.text("a hunter2-and-more b hunter2 c"),
            "a ***** b ***** c"
        );
        assert!(matches!(redactor.text("nothing here"), Cow::Borrowed(_)));
        assert!(!format!("{redactor:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_is_known_line_by_line_and_as_a_literal() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADAN\n{\n\"quoted\"\\";
        let redactor = Redactor::new([key]);
        let traceback = "File x\n  MIIEvQIBADAN\n{";
        assert_eq!(redactor.text(traceback), "File x\n  *****\n{");
        assert_eq!(
            redactor.text(&serde_json::json!([key]).to_string()),
            "[\"*****\"]"
        );
        let python = r#"{'key': '-----BEGIN KEY-----\nMIIEvQIBADAN\n{\n"quoted"\\'}"#;
        assert_eq!(redactor.text(python), "{'key': '*****'}");
    }
}
