//! Text of others in a form that cannot move the cursor or look like a line of ours.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What continues a text on its next line: lines of the console begin with a time, never with a space.
const INDENT: &str = "  ";

/// The text without characters that control a terminal or change the direction of text: they are shown as escapes. Line breaks
/// and tabs stay.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (place, char) in text.char_indices() {
        let is_line_break = char == '\r' && text[place + 1..].starts_with('\n');
        if is_line_break {
            continue;
        }
        match is_control(char) {
            true => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(char));
            }
            false => shown.push(char),
        }
    }
    Cow::Owned(shown)
}

/// The same as a part of one line of the console: further lines are indented.
pub(crate) fn continued(text: &str) -> Cow<'_, str> {
    let shown = printable(text);
    match shown.contains('\n') {
        true => Cow::Owned(shown.replace('\n', &format!("\n{INDENT}"))),
        false => shown,
    }
}

fn is_control(char: char) -> bool {
    match char {
        '\n' | '\t' => false,
        // Line and paragraph separators, marks and overrides of direction.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        // C0, DEL and C1, such as U+009B, which begins a sequence as ESC [ does.
        _ => char.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_is_shown_as_an_escape() {
        let cases = [
            ("plain \u{e4}\tb\nc", "plain \u{e4}\tb\nc"),
            ("one\r\ntwo", "one\ntwo"),
            ("good\rbad", r"good\u{d}bad"),
            ("a\u{8}\u{8}b", r"a\u{8}\u{8}b"),
            ("\u{9b}2J\u{1b}[2J\u{7f}", r"\u{9b}2J\u{1b}[2J\u{7f}"),
            ("\u{202e}txt.exe\u{2066}", r"\u{202e}txt.exe\u{2066}"),
            ("a\u{2028}b\u{85}c", r"a\u{2028}b\u{85}c"),
        ];
        for (text, expected) in cases {
            assert_eq!(printable(text), expected);
        }
        let forged = "x\n12:00:00.000 | INFO    | Flow run 'a' - Finished";
        let continued = continued(forged);
        assert!(
            continued
                .lines()
                .skip(1)
                .all(|line| line.starts_with(INDENT))
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_controls_a_terminal(text in "\\PC*|[\u{0}-\u{9f}\u{2000}-\u{2070}]*") {
            let shown = continued(&text).into_owned();
            proptest::prop_assert!(!shown.contains(is_control));
            proptest::prop_assert!(!shown.lines().skip(1).any(|line| !line.starts_with(INDENT)));
        }
    }
}
