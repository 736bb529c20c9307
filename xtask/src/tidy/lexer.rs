//! Rust source, cut into code, comments and string literals.

use std::ops::Range;

const TEST: &str = "#[cfg(test)]";

/// What a piece of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    /// A comment that is not documentation.
    Comment,
    /// A doc comment: `///`, `//!` or the block forms.
    Doc,
    /// A string literal with its quotes.
    Text,
}

/// A run of bytes of one kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) kind: Kind,
    /// The line on which it begins, counted from 1.
    pub(super) line: usize,
    pub(super) text: &'a str,
}

/// All pieces of a file, in order; joined they are the file again.
pub(super) fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut cuts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < source.len() {
        let Some((kind, length)) = literal(source, at) else {
            at += step(source, at);
            continue;
        };
        cuts.extend([(Kind::Code, start..at), (kind, at..at + length)]);
        at += length;
        start = at;
    }
    cuts.push((Kind::Code, start..source.len()));
    let mut line = 1;
    let mut found = Vec::new();
    for (kind, range) in cuts.into_iter().filter(|(_, range)| !range.is_empty()) {
        let text = &source[range];
        found.push(Piece { kind, line, text });
        line += text.matches('\n').count();
    }
    found
}

/// The code alone: comments, literals and items behind `#[cfg(test)]` become blanks, so that lines keep their numbers.
pub(super) fn production_code(source: &str) -> String {
    let mut code = code_of(&pieces(source));
    for range in test_items(&code) {
        let gap = blank(&code[range.clone()]);
        code.replace_range(range, &gap);
    }
    code
}

/// The code among the pieces, with a blank for each byte of the others.
fn code_of(pieces: &[Piece<'_>]) -> String {
    let mut code = String::new();
    for piece in pieces {
        match piece.kind {
            Kind::Code => code.push_str(piece.text),
            _ => code.push_str(&blank(piece.text)),
        }
    }
    code
}

/// Where the items behind `#[cfg(test)]` are.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    while let Some(offset) = code[found.last().map_or(0, |range| range.end)..].find(TEST) {
        let start = found.last().map_or(0, |range| range.end) + offset;
        found.push(start..item_end(code, start + TEST.len()));
    }
    found
}

/// Where the item that begins at `start` ends: at its semicolon, or at the brace that closes its body.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code[start..].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth > 1 => depth -= 1,
            b'}' => return start + offset + 1,
            b';' if depth == 0 => return start + offset + 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(text: &str) -> String {
    let kept = |byte| if byte == b'\n' { '\n' } else { ' ' };
    text.bytes().map(kept).collect()
}

/// How far to go on in code: past a character literal, a raw identifier's or a lifetime's mark, or one character.
fn step(source: &str, at: usize) -> usize {
    let rest = &source[at..];
    let Some(after) = rest.strip_prefix('\'') else {
        return rest.chars().next().map_or(1, char::len_utf8);
    };
    let mut characters = after.char_indices();
    match characters.next() {
        Some((_, '\\')) => after[2..].find('\'').map_or(1, |end| end + 4),
        _ => match characters.next() {
            Some((end, '\'')) => end + 2,
            _ => 1,
        },
    }
}

/// The comment or string literal that begins here, by kind and length.
fn literal(source: &str, at: usize) -> Option<(Kind, usize)> {
    let rest = &source[at..];
    if rest.starts_with("//") {
        let is_doc =
            rest.starts_with("//!") || (rest.starts_with("///") && !rest.starts_with("////"));
        let kind = if is_doc { Kind::Doc } else { Kind::Comment };
        return Some((kind, rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        let is_doc = rest.starts_with("/*!") || rest.starts_with("/**");
        let kind = if is_doc { Kind::Doc } else { Kind::Comment };
        return Some((kind, block_comment(rest)));
    }
    if rest.starts_with('"') {
        return Some((Kind::Text, quoted(rest)));
    }
    let behind_word = source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let is_bytes = ["br", "cr"]
        .iter()
        .any(|prefix| source[..=at].ends_with(prefix));
    if rest.starts_with('r') && (!behind_word || is_bytes) {
        return raw(rest).map(|length| (Kind::Text, length));
    }
    None
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (offset, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return offset + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a raw string literal; `None` for a raw identifier or a word with an `r`.
fn raw(rest: &str) -> Option<usize> {
    let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    let body = rest[1 + hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&close)?;
    Some(1 + hashes + 1 + end + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_kind(source: &str, kind: Kind) -> Vec<&str> {
        let found = pieces(source).into_iter();
        found
            .filter(|piece| piece.kind == kind)
            .map(|piece| piece.text)
            .collect()
    }

    #[test]
    fn literals_and_comments_are_not_code() {
        let source = "/// doc\nlet a = \"x \\\" // y\"; // why\nlet b = r#\"q \" r\"#; /* a /* b */ c */ b\"z\"";
        assert_eq!(of_kind(source, Kind::Doc), ["/// doc"]);
        assert_eq!(
            of_kind(source, Kind::Comment),
            ["// why", "/* a /* b */ c */"]
        );
        assert_eq!(
            of_kind(source, Kind::Text),
            ["\"x \\\" // y\"", "r#\"q \" r\"#", "\"z\""]
        );
        let joined: String = pieces(source).iter().map(|piece| piece.text).collect();
        assert_eq!(joined, source);
        assert_eq!(pieces(source).last().map(|piece| piece.line), Some(3));
    }

    #[test]
    fn a_quote_in_a_character_begins_no_string() {
        assert_eq!(
            of_kind("['\"', '\\'', 'ü', '\\u{1}'] \"s\" 'a: r#type", Kind::Text),
            ["\"s\""]
        );
    }

    #[test]
    fn code_of_tests_is_left_out_and_lines_keep_their_numbers() {
        let source = "use a;\n#[cfg(test)]\nmod tests;\nuse b; // c\n#[cfg(test)]\nmod t {\n fn f() { \"}\" }\n}\nuse d;";
        let code = production_code(source);
        let lines: Vec<_> = code.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            ["use a;", "", "", "use b;", "", "", "", "", "use d;"]
        );
    }
}
