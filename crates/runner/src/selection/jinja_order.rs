//! Comparisons such as `a > b`: Python refuses values of different kinds, and minijinja has an order for them.

use std::cmp::Ordering;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

/// The name of the function [`compare`] in an expression.
pub(super) const FUNCTION: &str = "order__";

/// The tokens between which the operand of a comparison stands. All other operators bind tighter.
const BOUNDS: [&str; 15] = [
    "and", "or", "not", "if", "else", "in", "==", "!=", "<=", ">=", "<", ">", ",", ":", "=",
];

/// The comparisons that need an order.
const OPERATORS: [&str; 4] = ["<", ">", "<=", ">="];

/// The expression with a call of [`FUNCTION`] for each `a > b`. A chain (`a < b < c`) stays as it is.
pub(super) fn with_calls(expression: &str) -> String {
    let tokens = tokens(expression);
    let mut out: Vec<String> = tokens.iter().map(|token| (*token).to_owned()).collect();
    for (at, operator) in tokens.iter().enumerate() {
        if !OPERATORS.contains(operator) {
            continue;
        }
        let left = operand(
            tokens[..at].iter().rev().copied(),
            [")", "]", "}"],
            ["(", "[", "{"],
        );
        let right = operand(
            tokens[at + 1..].iter().copied(),
            ["(", "[", "{"],
            [")", "]", "}"],
        );
        if let (Some(left), Some(right)) = (left, right) {
            out[at - left].insert_str(0, &format!("{FUNCTION}("));
            out[at] = format!(", '{operator}', ");
            out[at + right].push(')');
        }
    }
    out.concat()
}

/// The number of tokens up to the end of an operand; `None` if there is none, or if another comparison follows it.
fn operand<'t>(
    tokens: impl Iterator<Item = &'t str>,
    opening: [&str; 3],
    closing: [&str; 3],
) -> Option<usize> {
    let (mut depth, mut end) = (0_usize, None);
    for (at, token) in (1..).zip(tokens) {
        if depth == 0 && (closing.contains(&token) || BOUNDS.contains(&token)) {
            let is_chain = OPERATORS.contains(&token) || ["==", "!=", "in"].contains(&token);
            return end.filter(|_| !is_chain);
        }
        if opening.contains(&token) {
            depth += 1;
        } else if closing.contains(&token) {
            depth -= 1;
        }
        if !token.trim().is_empty() {
            end = Some(at);
        }
    }
    end
}

/// The words, texts, operators and spaces of an expression.
fn tokens(expression: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let len_of = |is_in: fn(char) -> bool| rest.find(|c| !is_in(c)).unwrap_or(rest.len());
        let len = match first {
            '\'' | '"' => text_len(rest, first),
            _ if is_word(first) => len_of(is_word),
            _ if first.is_whitespace() => len_of(char::is_whitespace),
            '<' | '>' | '=' | '!' if rest[1..].starts_with('=') => 2,
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(len);
        tokens.push(token);
        rest = after;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the text at the beginning, with its quotes.
fn text_len(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, c)| {
        let is_end = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// Compares two values as Python does.
///
/// # Errors
/// The values have no order: they are of different kinds, or of a kind without one.
pub(super) fn compare(left: Value, operator: &str, right: Value) -> Result<bool, Error> {
    let (left, right) = (as_number(left), as_number(right));
    let has_order = matches!(
        left.kind(),
        ValueKind::Number | ValueKind::String | ValueKind::Seq
    );
    if left.kind() != right.kind() || !has_order {
        let message = format!(
            "`{operator}` cannot compare {} with {}",
            named(&left),
            named(&right)
        );
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(match (operator, left.cmp(&right)) {
        ("<", order) => order == Ordering::Less,
        ("<=", order) => order != Ordering::Greater,
        (">", order) => order == Ordering::Greater,
        (_, order) => order != Ordering::Less,
    })
}

/// In Python, true and false are numbers.
fn as_number(value: Value) -> Value {
    match value.kind() {
        ValueKind::Bool => Value::from(i64::from(value.is_true())),
        _ => value,
    }
}

fn named(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Number => "a number",
        ValueKind::String => "a text",
        ValueKind::Seq => "a list",
        ValueKind::Map => "a mapping",
        ValueKind::None => "none",
        ValueKind::Undefined => "a variable that does not exist",
        _ => "this value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_become_calls() {
        let cases = [
            ("a > 1", "order__(a , '>',  1)"),
            ("a>=b|f(1, 2)", "order__(a, '>=', b|f(1, 2))"),
            (
                "not a.b['>'] < -1 and 'x < y' == c",
                "not order__(a.b['>'] , '<',  -1) and 'x < y' == c",
            ),
            (
                "(a > 1) or f(b < 2, c)",
                "(order__(a , '>',  1)) or f(order__(b , '<',  2), c)",
            ),
            ("x if a > 1 else y", "x if order__(a , '>',  1) else y"),
            ("1 < 2 < 3", "1 < 2 < 3"),
            ("a == b > c", "a == b > c"),
            ("'it\\'s > 1'", "'it\\'s > 1'"),
            ("a >", "a >"),
            ("> a", "> a"),
        ];
        for (expression, expected) in cases {
            assert_eq!(with_calls(expression), expected);
        }
    }
}
