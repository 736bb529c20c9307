//! Renders the Jinja in the strings of a document.

use serde_json::Value;

/// Renders the Jinja of a string in `selectors.yml`, with `env_var`, `var` and `target`.
///
/// A string that is a single expression keeps the type of its result (`{{ var('days') }}` may be a number). Any other string
/// becomes a text. All functions with this signature implement the trait.
pub trait RenderJinja {
    /// Returns the rendered value.
    ///
    /// # Errors
    /// Why the text cannot be rendered, in one line.
    fn render(&self, text: &str) -> Result<Value, String>;
}

impl<F: Fn(&str) -> Result<Value, String>> RenderJinja for F {
    fn render(&self, text: &str) -> Result<Value, String> {
        self(text)
    }
}

/// Renders all strings of `document` except keys, and calls `failed` with each that cannot be rendered.
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

/// dbt also renders strings without Jinja, and Jinja removes one line break at the end (of a YAML block scalar, for example).
fn trim_newline(text: &mut String) {
    if text.ends_with('\n') {
        text.truncate(text.len() - 1);
    }
    if text.ends_with('\r') {
        text.truncate(text.len() - 1);
    }
}
