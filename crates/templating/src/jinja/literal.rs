//! Writes values as Jinja source.

use std::fmt::Write as _;

use crate::value::{Node, python_number};

/// The text as a string literal that Jinja2 (`unicode-escape`) and minijinja read the same.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('\'');
    for character in text.chars() {
        match character {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            control if control.is_control() => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(control));
            }
            _ => out.push(character),
        }
    }
    out.push('\'');
}

/// Writes a value without secrets as a literal.
pub(crate) fn node(out: &mut String, value: &Node) {
    match value {
        Node::Null => out.push_str("none"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        // In parentheses, so that an operator or a filter applies to the whole number.
        Node::Number(value) => match python_number(value) {
            negative if negative.starts_with('-') => {
                out.push('(');
                out.push_str(&negative);
                out.push(')');
            }
            positive => out.push_str(&positive),
        },
        Node::Text(text) | Node::Secret { text, .. } => string(out, text),
        Node::List(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                node(out, item);
            }
            out.push(']');
        }
        Node::Map(entries) => {
            out.push('{');
            for (position, (key, value)) in entries.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                string(out, key);
                out.push_str(": ");
                node(out, value);
            }
            // The space separates the closing brace from the end of an expression.
            out.push_str(" }");
        }
    }
}

/// Appends a text to a template: as it is if dbt's Jinja does not change it, else as a literal. `before` is the template so
/// far, `after` the text that follows.
pub(crate) fn plain(before: &mut String, value: &str, after: &str) {
    // Jinja drops the last line break of a template, and turns each `\r` into `\n`.
    let altered = value.contains('\r') || (after.is_empty() && value.ends_with('\n'));
    let opens = |text: &str| ["{{", "{%", "{#"].iter().any(|open| text.contains(open));
    let mut joined = String::new();
    joined.extend(before.chars().next_back());
    joined.push_str(value);
    let mut joined_after = String::new();
    joined_after.extend(value.chars().next_back());
    joined_after.extend(after.chars().next());
    if altered || opens(&joined) || opens(&joined_after) {
        before.push_str("{{ ");
        string(before, value);
        before.push_str(" }}");
    } else {
        before.push_str(value);
    }
}
