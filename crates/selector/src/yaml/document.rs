//! Reads a YAML text to one JSON value, with scalars and merge keys as in PyYAML.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::scalar::resolve;

/// Reads a text with one YAML document. Of equal keys the last one counts.
///
/// # Errors
/// If the text is not YAML, or contains a custom tag or an infinite number.
pub(super) fn read(text: &str) -> Result<Value, serde_yaml::Error> {
    if flow_depth(text) > MAX_FLOW_DEPTH {
        return Err(serde_yaml::Error::custom(
            "the brackets are nested too deep",
        ));
    }
    Reader { text }.deserialize(serde_yaml::Deserializer::from_str(text))
}

/// How deep `[` and `{` may be nested. The YAML library refuses 128 levels, but only after a scan of the whole text that takes
/// a time quadratic in their depth.
const MAX_FLOW_DEPTH: usize = 1000;

/// How deep brackets are nested at most, counted in quoted texts and comments, too.
fn flow_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Reads one value. It needs the whole text, because the YAML library does not say whether a scalar was quoted.
#[derive(Clone, Copy)]
struct Reader<'de> {
    text: &'de str,
}

impl<'de> Reader<'de> {
    /// Whether a scalar is written without quotes and without the tag `!!str`.
    fn is_plain(self, piece: &'de str) -> bool {
        let start = (piece.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let Some(before) = self.text.get(..start) else {
            return false;
        };
        !before.ends_with(['\'', '"']) && !before.trim_end().ends_with("!!str")
    }

    fn scalar(self, piece: &'de str) -> Value {
        if self.is_plain(piece) {
            resolve(piece)
        } else {
            Value::from(piece)
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'de> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'de> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain YAML without tags")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    /// An empty text.
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number must be finite"))?;
        Ok(number.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value, E> {
        Ok(self.scalar(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let mut merged = Vec::new();
        while let Some(key) = entries.next_key_seed(self)? {
            let value = entries.next_value_seed(self)?;
            match key {
                Value::String(key) if key == "<<" => merged.push(value),
                Value::String(key) => drop(map.insert(key, value)),
                key => drop(map.insert(key.to_string(), value)),
            }
        }
        for value in merged {
            merge(&mut map, value).map_err(A::Error::custom)?;
        }
        Ok(map.into())
    }
}

/// Adds the entries of a mapping, or of each mapping in a list, unless the key exists.
fn merge(map: &mut Map<String, Value>, value: Value) -> Result<(), &'static str> {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                map.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::Array(items) => items.into_iter().try_for_each(|item| match item {
            Value::Object(_) => merge(map, item),
            _ => Err("`<<` accepts mappings only"),
        }),
        _ => Err("`<<` accepts a mapping or a list of mappings"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quoted_scalars_are_texts() {
        let text =
            "a: yes\nb: 'yes'\nc: \"no\"\nd: !!str on\ne: |\n  off\nf: [017, '017', 1_0]\ng:\n";
        let expected = json!({
            "a": true, "b": "yes", "c": "no", "d": "on", "e": "off\n", "f": [15, "017", 10], "g": null,
        });
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn merged_keys_do_not_replace_written_ones() {
        let text = "base: &base {x: 1, y: on}\nuse: {<<: *base, x: 2}\nboth: {<<: [{y: 3}, *base]}";
        let expected = json!({
            "base": {"x": 1, "y": true}, "use": {"x": 2, "y": true}, "both": {"x": 1, "y": 3},
        });
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn of_equal_keys_the_last_counts() {
        assert_eq!(read("{a: 1, a: 2}").unwrap(), json!({"a": 2}));
    }

    #[test]
    fn invalid_yaml_is_an_error_with_a_place() {
        let error = read("a: [1").unwrap_err();
        assert!(error.location().is_some());
        assert!(read("a: !mine 1").is_err());
    }

    /// Without the limit, this takes minutes, which the test runner does not wait for.
    #[test]
    fn brackets_nested_too_deep_are_refused_at_once() {
        for (open, close) in [("[", "]"), ("{union: [", "]}"), ("[", "")] {
            let nested = |n| format!("selectors: {}{}", open.repeat(n), close.repeat(n));
            let error = read(&nested(100_000)).unwrap_err().to_string();
            assert_eq!(error, "the brackets are nested too deep");
            assert!(read(&nested(200)).is_err());
        }
        assert!(read(&format!("{}a\n", "- ".repeat(20_000))).is_err());
    }
}
