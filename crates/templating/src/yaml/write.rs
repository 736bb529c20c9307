//! Writes values on one line, so that PyYAML (YAML 1.1) reads the same values.

use std::fmt::Write as _;

use crate::value::{Node, python_number};

/// Writes a node. `text` returns the template for a leaf that is a text or a secret.
pub(crate) fn node(out: &mut String, value: &Node, text: &mut impl FnMut(&Node) -> String) {
    match value {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Number(value) => out.push_str(&number(&python_number(value))),
        Node::Text(_) | Node::Secret { .. } => quoted(out, &text(value)),
        Node::List(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                node(out, item, text);
            }
            out.push(']');
        }
        Node::Map(entries) => {
            out.push('{');
            for (position, (key, value)) in entries.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                quoted(out, key);
                out.push_str(": ");
                node(out, value, text);
            }
            out.push('}');
        }
    }
}

/// YAML 1.1 reads `1e+20` as a string: a float needs a decimal point.
fn number(python: &str) -> String {
    match python.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => python.to_owned(),
    }
}

/// Writes a double-quoted scalar.
pub(crate) fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Not printable in YAML, a line break in YAML 1.1, or a byte order mark.
            '\0'..='\u{1f}'
            | '\u{7f}'..='\u{a0}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
