//! Python's equality and conversions of values, which some methods depend on.

use serde_json::{Number, Value};

/// Python's `==`: numbers of all types are compared by value, and booleans are the numbers 0 and 1.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| equal(left, right)))
        }
        (Value::Null, Value::Null) => true,
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => same_number(&left, &right),
            _ => false,
        },
    }
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(flag) => Some(u8::from(*flag).into()),
        Value::Number(number) => Some(number.clone()),
        _ => None,
    }
}

fn same_number(left: &Number, right: &Number) -> bool {
    left == right || left.as_f64() == right.as_f64() && (left.is_f64() || right.is_f64())
}

/// Python's `str()` of a scalar.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(true) => Some("True".into()),
        Value::Bool(false) => Some("False".into()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null => Some("None".into()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Python's `bool()`.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}

/// Python's `float()` of a number or a text.
pub(crate) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        value => number(value)?.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_flags_are_equal_by_value() {
        assert!(equal(&json!(4), &json!(4.0)));
        assert!(equal(&json!(true), &json!(1)));
        assert!(equal(&json!({"a": [1, null]}), &json!({"a": [1.0, null]})));
        assert!(!equal(&json!("4"), &json!(4)));
        assert!(!equal(&json!(null), &json!(0)));
        assert!(!equal(&json!([1]), &json!([1, 2])));
        assert!(!equal(
            &json!(9_007_199_254_740_993_u64),
            &json!(9_007_199_254_740_992_u64)
        ));
    }
}
