//! Numbers that are not finite: Python writes `NaN`, `Infinity` and `-Infinity`, which are not JSON, and reads them again.

use crate::error::Error;

/// The words for such numbers. A minus sign before a word belongs to it.
const WORDS: [&[u8]; 2] = [b"NaN", b"Infinity"];

/// Reads a text once more after `error`, if it has numbers that are not finite. They count as null, because no value of JSON
/// stands for them. A text without them costs nothing.
pub(crate) fn read_again<T>(
    error: Error,
    text: &[u8],
    read: impl FnOnce(Vec<u8>) -> Result<T, Error>,
) -> Result<T, Error> {
    match error.is_syntax().then(|| without_non_finite(text)) {
        Some(Some(text)) => read(text),
        _ => Err(error),
    }
}

/// The JSON text with null in the place of each number that is not finite (`NaN`, `Infinity`, `-Infinity`); `None` if there
/// is none. For programs that read an artifact of dbt by themselves, after a strict reader has refused it.
#[must_use]
pub fn without_non_finite(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'"' => string_len(&text[at..]),
            b'-' | b'N' | b'I' => match number_len(&text[at..]) {
                0 => 1,
                len => {
                    out.extend_from_slice(&text[copied..at]);
                    out.extend_from_slice(b"null");
                    copied = at + len;
                    len
                }
            },
            _ => 1,
        };
    }
    (copied > 0).then(|| {
        out.extend_from_slice(text.get(copied..).unwrap_or_default());
        out
    })
}

/// The length of the string at the beginning of the text, with its quotes.
fn string_len(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

/// The length of a number that is not finite at the beginning of the text; 0 if there is none.
fn number_len(text: &[u8]) -> usize {
    let sign = usize::from(text.starts_with(b"-Infinity"));
    let word = WORDS.iter().find(|word| text[sign..].starts_with(word));
    word.map_or(0, |word| sign + word.len())
}

#[cfg(test)]
mod tests {
    use super::without_non_finite;

    fn of(text: &str) -> Option<String> {
        without_non_finite(text.as_bytes()).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn only_numbers_outside_of_texts_are_replaced() {
        assert_eq!(
            of(r#"{"a": NaN, "b": [Infinity,-Infinity], "NaN": "NaN \" Infinity"}"#).as_deref(),
            Some(r#"{"a": null, "b": [null,null], "NaN": "NaN \" Infinity"}"#)
        );
        assert_eq!(of(r#"{"NaN": "-Infinity", "\\": -1}"#), None);
        assert_eq!(of(r#"["\\", NaN]"#).as_deref(), Some(r#"["\\", null]"#));
        assert_eq!(of("NaN").as_deref(), Some("null"));
        // Python does not read these.
        assert_eq!(of("[-NaN]").as_deref(), Some("[-null]"));
        assert_eq!(of("[nan, inf, N, \"open"), None);
    }
}
