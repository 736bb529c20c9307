//! Masks secrets in everything that leaves the process.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::secret_forms;
use super::tracked_run::TrackedRun;
use crate::model::{Effect, NodeResult, State};

/// The mask that replaces a secret, the same as dbt's.
pub const MASK: &str = "*****";

/// Masks secret values in texts. Its `Debug` form does not show them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// The forms of all secrets; `None` without secrets.
    forms: Option<AhoCorasick>,
    /// Whether each text is masked as a whole, because there are more forms than can be looked for.
    masks_all: bool,
}

impl Redactor {
    /// A redactor for these values, in each form in which a program may print them. Empty values are ignored.
    pub fn new<S: Into<String>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut forms: Vec<String> = secrets
            .into_iter()
            .flat_map(|secret| secret_forms::forms(&secret.into()))
            .filter(|form: &String| !form.trim().is_empty())
            .collect();
        forms.sort();
        forms.dedup();
        if forms.is_empty() {
            return Self::default();
        }
        // The longest: a secret that contains another one is masked as a whole.
        let forms = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&forms);
        Self {
            masks_all: forms.is_err(),
            forms: forms.ok(),
        }
    }

    /// Whether there is nothing to mask.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.forms.is_none() && !self.masks_all
    }

    /// The text with every secret masked.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.masks_all {
            return Cow::Borrowed(MASK);
        }
        let Some(forms) = self.forms.as_ref().filter(|forms| forms.is_match(text)) else {
            return Cow::Borrowed(text);
        };
        let mut masked = String::with_capacity(text.len());
        forms.replace_all_with(text, &mut masked, |_, _, to| {
            to.push_str(MASK);
            true
        });
        Cow::Owned(masked)
    }

    fn mask(&self, text: &mut String) {
        let masked = self.text(text);
        if masked != text.as_str() {
            *text = masked.into_owned();
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
            Effect::NodeAwaitingRetry(_, wait) => self.mask(&mut wait.message),
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
            Effect::NodeRunning(_) | Effect::Total(_) | Effect::Remaining(_) => {}
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

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor")
            .field("is_idle", &self.is_idle())
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

    #[test]
    fn a_secret_is_masked_in_each_encoding() {
        let secret = "p@ss w/<ö>&\"'+1";
        let redactor = Redactor::new([secret]);
        let encoded = [
            "p%40ss%20w%2F%3C%C3%B6%3E%26%22%27%2B1",
            "p%40ss%20w%2f%3c%c3%b6%3e%26%22%27%2b1",
            "p%40ss%20w/%3C%C3%B6%3E%26%22%27%2B1",
            "p%40ss+w%2F%3C%C3%B6%3E%26%22%27%2B1",
            "p%40ss w%2F%3C%C3%B6%3E%26%22%27+1",
            "p%40ss%20w%2F%3C%C3%B6%3E%26%22'%2B1",
            "p@ss w/&lt;ö&gt;&amp;&quot;&#x27;+1",
            "p@ss w/&lt;ö&gt;&amp;&quot;&#39;+1",
            r#"p@ss w/<\u00f6>&\"'+1"#,
            r#"p@ss w/\u003cö\u003e\u0026\"'+1"#,
            r#"p@ss w\/<ö>&\"'+1"#,
        ];
        for form in encoded {
            let text = format!("host=db;{form};");
            assert_eq!(redactor.text(&text), "host=db;*****;", "{form}");
        }
    }

    #[test]
    fn a_secret_is_masked_in_base64_wherever_it_begins() {
        use base64::Engine as _;
        use base64::engine::general_purpose::{STANDARD, URL_SAFE};
        let secret = "hunter2~hunter2?hunter2";
        let redactor = Redactor::new([secret]);
        for before in ["", "a", "ab", "abc", "user:"] {
            for after in ["", "!", "!!", "@host"] {
                let text = format!("{before}{secret}{after}");
                for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                    let masked = redactor.text(&encoded).into_owned();
                    assert!(masked.contains(MASK), "{text}: {encoded}");
                    // What is left holds a character of the secret at most.
                    assert!(masked.len() < encoded.len() - 20, "{text}: {masked}");
                }
            }
        }
        assert_eq!(redactor.text(&STANDARD.encode(secret)), "*****=");
        let short = Redactor::new(["abc"]);
        assert_eq!(
            short.text("YWJj is base64 of abc"),
            "YWJj is base64 of *****"
        );
    }
}
