//! The values of YAML scalars without quotes, by PyYAML's variant of YAML 1.1.

use serde_json::Value;

/// The value of a scalar without quotes.
///
/// A date stays a text, because dbt converts dates back to texts.
pub(super) fn resolve(text: &str) -> Value {
    constant(text)
        .or_else(|| integer(text).map(Value::from))
        .or_else(|| float(text).map(Value::from))
        .unwrap_or_else(|| Value::from(text))
}

fn constant(text: &str) -> Option<Value> {
    let lower = text.to_ascii_lowercase();
    let title = text.chars().take(1).chain(lower.chars().skip(1));
    // Mixed letter case, such as `yEs`, is a text.
    if text != lower && text != text.to_ascii_uppercase() && !text.chars().eq(title) {
        return None;
    }
    match lower.as_str() {
        "" | "~" | "null" => Some(Value::Null),
        "yes" | "true" | "on" => Some(Value::Bool(true)),
        "no" | "false" | "off" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = sign(text);
    let plain = digits.replace('_', "");
    let radix = |prefix: &str, radix| {
        let rest = plain.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
        i64::from_str_radix(rest, radix).ok()
    };
    let unsigned = match digits {
        "0" => 0,
        _ if digits.starts_with("0b") => radix("0b", 2)?,
        _ if digits.starts_with("0x") => radix("0x", 16)?,
        _ if digits.starts_with('0') => radix("0", 8)?,
        _ if digits.contains(':') => sexagesimal(&plain)?,
        _ if digits.starts_with(|c: char| c.is_ascii_digit()) => plain.parse().ok()?,
        _ => return None,
    };
    Some(if negative { -unsigned } else { unsigned })
}

/// Sexagesimal numbers: `12:30` is 750.
fn sexagesimal(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let first: i64 = parts.next()?.parse().ok()?;
    parts.try_fold(first, |sum, part| {
        let digit: i64 = part
            .parse()
            .ok()
            .filter(|digit| part.len() <= 2 && (0..60).contains(digit))?;
        sum.checked_mul(60)?.checked_add(digit)
    })
}

/// A number with a decimal point. An exponent must have a sign.
fn float(text: &str) -> Option<f64> {
    let (negative, digits) = sign(text);
    let plain = digits.replace('_', "");
    let (mantissa, exponent) = match plain.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (plain.as_str(), None),
    };
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.')?;
    let is_number =
        is_digits(whole) && is_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['-', '+']);
        digits.is_some_and(|digits| !digits.is_empty() && is_digits(digits))
    };
    if !is_number || !exponent.is_none_or(is_exponent) || digits.starts_with('_') {
        return None;
    }
    let unsigned: f64 = plain.parse().ok()?;
    Some(if negative { -unsigned } else { unsigned })
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_have_the_same_value_as_in_pyyaml() {
        let cases = [
            ("yes", json!(true)),
            ("On", json!(true)),
            ("NO", json!(false)),
            ("yEs", json!("yEs")),
            ("y", json!("y")),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("017", json!(15)),
            ("0o17", json!("0o17")),
            ("08", json!("08")),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1_000", json!(1000)),
            ("_1", json!("_1")),
            ("12:30", json!(750)),
            ("12:75", json!("12:75")),
            ("-3", json!(-3)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("1e3", json!("1e3")),
            ("1.0e+3", json!(1000.0)),
            ("1.0e3", json!("1.0e3")),
            (".", json!(".")),
            ("2024-01-31", json!("2024-01-31")),
            ("tag:nightly", json!("tag:nightly")),
        ];
        for (text, expected) in cases {
            assert_eq!(resolve(text), expected, "{text}");
        }
    }
}
