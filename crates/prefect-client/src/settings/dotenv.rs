//! Reads `.env` files by the rules of python-dotenv. Rust crates for `.env` files have other rules for quotes and comments.

use std::collections::BTreeMap;

/// The variables, with names in upper case. `${NAME}` and `${NAME:-default}` are replaced from the lines above and from
/// `environment`. Lines that are not assignments are skipped.
pub(super) fn parse(
    text: &str,
    environment: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        rest = after;
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let name = name.trim().trim_matches('\'').to_ascii_uppercase();
        let value = value.trim_start();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                // A quoted value may continue on the next lines.
                let begin = text.len() - rest.len() - line_tail(text, rest, value);
                match quoted(&text[begin + 1..], quote) {
                    Some((value, used)) => {
                        rest = split_line(&text[begin + 1 + used..]).1;
                        value
                    }
                    None => continue,
                }
            }
            _ => unquoted(value).to_owned(),
        };
        let value = interpolated(&value, &values, environment);
        values.insert(name, value);
    }
    values
}

fn split_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// The length from the start of `value` to the end of the current line, with the line break.
fn line_tail(text: &str, rest: &str, value: &str) -> usize {
    let consumed = text.len() - rest.len();
    let broke = usize::from(text[..consumed].ends_with('\n'));
    value.len() + broke
}

/// A value up to its closing quote, and its length in bytes with the quote. Escapes count in double quotes only.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((value, at + 1)),
            '\\' => match (quote, chars.next()?.1) {
                ('"', 'n') => value.push('\n'),
                ('"', 't') => value.push('\t'),
                ('"', 'r') => value.push('\r'),
                (_, c) if c == quote || c == '\\' => value.push(c),
                (_, c) => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
    None
}

/// A value without quotes ends before white space that is followed by `#`.
fn unquoted(value: &str) -> &str {
    let comment = value
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|&at| at == 0 || value[..at].ends_with(char::is_whitespace));
    value[..comment.unwrap_or(value.len())].trim_end()
}

fn interpolated(
    value: &str,
    above: &BTreeMap<String, String>,
    environment: &BTreeMap<String, String>,
) -> String {
    let mut result = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let Some((inside, tail)) = after.split_once('}') else {
            result.push_str("${");
            rest = after;
            continue;
        };
        let (name, default) = inside.split_once(":-").unwrap_or((inside, ""));
        let known = above
            .get(&name.to_ascii_uppercase())
            .or_else(|| environment.get(name));
        result.push_str(known.map_or(default, String::as_str));
        rest = tail;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_lines() {
        let text = "# comment\nA=1\n export b = two words # gone\r\nC='x # y'\nD=\"a\\n\\\"b\\\"\"\nE=\"over\nlines\" # c\nF=#\nG\nH=${A}-${NONE:-d}-${X}\nI=\"open\nJ=9";
        let environment = BTreeMap::from([("X".to_owned(), "env".to_owned())]);
        let values = parse(text, &environment);
        insta::assert_json_snapshot!(values, @r#"
        {
          "A": "1",
          "B": "two words",
          "C": "x # y",
          "D": "a\n\"b\"",
          "E": "over\nlines",
          "F": "",
          "H": "1-d-env",
          "J": "9"
        }
        "#);
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in ".*", bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            parse(&text, &BTreeMap::new());
            parse(&String::from_utf8_lossy(&bytes), &BTreeMap::new());
        }
    }
}
