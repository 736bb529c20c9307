//! Removal of ANSI escape sequences.
//!
//! Not `anstream::adapter::strip_str`: after a sequence that was cut off, it also removes the text that follows (`ESC[31é`).

use std::borrow::Cow;

use memchr::memchr;

const ESCAPE: u8 = 0x1b;

/// Removes ANSI escape sequences: colours, cursor movement, hyperlinks. A text without an escape character is not copied.
///
/// ```
/// assert_eq!(dbt_events::strip_ansi("[\u{1b}[32mOK\u{1b}[0m in 0.12s]"), "[OK in 0.12s]");
/// ```
#[must_use]
pub fn strip_ansi(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr(ESCAPE, text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut plain = String::with_capacity(text.len());
    let (mut rest, mut at) = (text, first);
    loop {
        plain.push_str(&rest[..at]);
        rest = after_sequence(&rest[at + 1..]);
        match memchr(ESCAPE, rest.as_bytes()) {
            Some(next) => at = next,
            None => break,
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The text after the sequence whose escape character stands just before `text`.
fn after_sequence(text: &str) -> &str {
    match text.as_bytes().first() {
        Some(b'[') => after_csi(&text[1..]),
        Some(b']') => after_osc(&text[1..]),
        // A sequence of two characters. In all other cases, only the escape character is removed.
        Some(0x20..=0x7e) => &text[1..],
        _ => text,
    }
}

/// CSI: parameters, then one final byte. A byte that can be neither ends a sequence that was cut off, and is kept.
fn after_csi(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|byte| !(0x20..=0x3f).contains(&byte))
        .unwrap_or(text.len());
    match text.as_bytes().get(end) {
        Some(0x40..=0x7e) => &text[end + 1..],
        _ => &text[end..],
    }
}

/// OSC: ends with BEL, or with an escape character and a backslash.
fn after_osc(text: &str) -> &str {
    let Some(end) = text.bytes().position(|byte| byte == 0x07 || byte == ESCAPE) else {
        return "";
    };
    let rest = &text[end + 1..];
    if text.as_bytes()[end] == ESCAPE {
        rest.strip_prefix('\\').unwrap_or(rest)
    } else {
        rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_links_and_incomplete_sequences_are_removed() {
        assert_eq!(strip_ansi("a\u{1b}[1;31mb\u{1b}[0mc"), "abc");
        assert_eq!(
            strip_ansi("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7}"),
            "link"
        );
        assert_eq!(strip_ansi("\u{1b}(Bx\u{1b}"), "Bx");
        assert_eq!(strip_ansi("\u{1b}[31é"), "é");
        assert!(matches!(strip_ansi("plain"), Cow::Borrowed("plain")));
    }

    proptest! {
        #[test]
        fn no_escape_character_remains(text in "([a-z\u{1b}\\[\\]0-9;m\u{7}\\\\é]|.)*") {
            prop_assert!(!strip_ansi(&text).contains(ESCAPE as char));
        }
    }
}
