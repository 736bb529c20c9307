//! Jinja in the strings of a document.

use serde_json::Value;

/// Renders the Jinja of one string of `selectors.yml`, where `env_var`, `var` and `target` are known.
///
/// A string that is one expression and nothing else keeps the expression's type (`{{ var('days') }}` may be a number);
/// anything else becomes text. Every function of that signature is a renderer.
pub trait RenderJinja {
    /// The rendered value.
    ///
    /// # Errors
    /// Why the text cannot be rendered, in a sentence.
    fn render(&self, text: &str) -> Result<Value, String>;
}

impl<F: Fn(&str) -> Result<Value, String>> RenderJinja for F {
    fn render(&self, text: &str) -> Result<Value, String> {
        self(text)
    }
}

/// Renders every string of `document`, but no key, and gives to `failed` the place of each that cannot be.
pub(super) fn render_all(
    document: &mut Value,
    path: &str,
    jinja: &dyn RenderJinja,
    failed: &mut impl FnMut(&str, &str, String),
) {
    match document {
        Value::String(text) if has_jinja(text) => match jinja.render(text) {
            Ok(value) => *document = value,
            Err(reason) => failed(path, text, reason),
        },
        Value::String(text) => trim_newline(text),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                render_all(item, &format!("{path}[{index}]"), jinja, failed);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                render_all(value, &path, jinja, failed);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn has_jinja(text: &str) -> bool {
    ["{{", "{%", "{#"]
        .iter()
        .any(|opening| text.contains(opening))
}

/// dbt renders plain text too, and Jinja drops one line break at the end of it (as of a YAML block scalar).
fn trim_newline(text: &mut String) {
    if text.ends_with('\n') {
        text.truncate(text.len() - 1);
    }
    if text.ends_with('\r') {
        text.truncate(text.len() - 1);
    }
}
