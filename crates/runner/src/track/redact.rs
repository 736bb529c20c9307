//! Masks secrets in everything that leaves the process.

use std::borrow::Cow;

use serde_json::Value;

use super::tracked_run::TrackedRun;
use crate::model::{Effect, NodeResult, State};

/// The mask that replaces a secret, the same as dbt's.
pub const MASK: &str = "*****";

/// Masks secret values in texts. Its `Debug` form does not show them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that contains another one is masked as a whole.
    secrets: Vec<String>,
}

impl Redactor {
    /// A redactor for these values, in each form in which a program may print them. Empty values are ignored.
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

    fn mask(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.text(text) {
            *text = masked;
        }
    }

    fn mask_option(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.mask(text);
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.mask(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn state(&self, state: &mut State) {
        self.mask_option(&mut state.message);
    }

    fn result(&self, result: &mut NodeResult) {
        self.mask_option(&mut result.message);
        if let Some(response) = &mut result.adapter_response {
            self.value(response);
        }
    }

    /// Masks each free text of an effect. Names and ids are in files of the project and stay.
    pub fn effect(&self, effect: &mut Effect) {
        if self.is_idle() {
            return;
        }
        match effect {
            Effect::NodeFinished(_, end) => {
                self.state(&mut end.state);
                self.result(&mut end.result);
            }
            Effect::Log(line) => self.mask(&mut line.message),
            Effect::RunFinished(end) => self.state(&mut end.state),
            Effect::Asset(event) => {
                self.mask_option(&mut event.asset.description);
                event
                    .payload
                    .values_mut()
                    .for_each(|value| self.value(value));
            }
            Effect::Summary(summary) => self.mask(&mut summary.markdown),
            Effect::NodeRunning(_) | Effect::Total(_) => {}
        }
    }

    /// Masks each free text of a run.
    pub fn run(&self, run: &mut TrackedRun) {
        if self.is_idle() {
            return;
        }
        for node in &mut run.nodes {
            self.state(&mut node.state);
            self.result(&mut node.result);
        }
        self.mask_option(&mut run.dbt_error);
        self.mask_option(&mut run.dbt_command);
    }
}

/// Shorter lines of a secret are braces and the like, which would be masked everywhere.
const SHORTEST_LINE: usize = 8;

/// A secret as it is, as a literal of Python and JSON, and, since output comes in lines, each longer line of it.
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
    fn a_secret_that_contains_another_is_masked_as_a_whole() {
        let redactor = Redactor::new(["hunter2", "hunter2-and-more", " ", ""]);
        assert_eq!(
            redactor.text("a hunter2-and-more b hunter2 c"),
            "a ***** b ***** c"
        );
        assert!(matches!(redactor.text("nothing here"), Cow::Borrowed(_)));
        assert!(!format!("{redactor:?}").contains("hunter2"));
    }

    #[test]
    fn a_secret_is_masked_line_by_line_and_as_a_literal() {
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
