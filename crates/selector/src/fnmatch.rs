//! Shell patterns by the rules of Python's `fnmatch` on POSIX: they match whole texts, with letter case, and treat slashes and
//! dots like any character. Glob crates have other rules for brackets, slashes and dots.

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    /// `*`
    Any,
    /// `?`
    One,
    /// `[a-z]`
    Set(CharSet),
    /// Any other character, backslashes included.
    Literal(String),
}

impl Pattern {
    /// Compiles a pattern. Any text is valid: a bracket that is not closed matches itself.
    pub(crate) fn new(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            rest = after;
            let set = if c == '[' { brackets(after) } else { None };
            match (c, set) {
                (_, Some((inside, after))) => {
                    pieces.push(Piece::Set(CharSet::new(inside)));
                    rest = after;
                }
                ('*', _) if pieces.last() == Some(&Piece::Any) => {}
                ('*', _) => pieces.push(Piece::Any),
                ('?', _) => pieces.push(Piece::One),
                _ => match pieces.last_mut() {
                    Some(Piece::Literal(text)) => text.push(c),
                    _ => pieces.push(Piece::Literal(c.to_string())),
                },
            }
        }
        Self(pieces)
    }

    /// Whether the pattern matches the whole of `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (mut pieces, mut rest) = (self.0.as_slice(), text);
        // Where to continue after a mismatch: after the last `*`, which then matches one more character.
        let mut retry: Option<(&[Piece], &str)> = None;
        loop {
            match pieces.split_first() {
                Some((Piece::Any, after)) => {
                    pieces = after;
                    retry = Some((after, rest));
                    if after.is_empty() {
                        return true;
                    }
                    continue;
                }
                Some((piece, after)) => {
                    if let Some(remaining) = piece.strip(rest) {
                        (pieces, rest) = (after, remaining);
                        continue;
                    }
                }
                None if rest.is_empty() => return true,
                None => {}
            }
            let Some((after, from)) = retry else {
                return false;
            };
            let Some(c) = from.chars().next() else {
                return false;
            };
            (pieces, rest) = (after, &from[c.len_utf8()..]);
            retry = Some((pieces, rest));
        }
    }
}

impl Piece {
    /// The rest of `text` after this piece; `None` if the piece does not match its beginning.
    fn strip<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(literal) => text.strip_prefix(literal.as_str()),
            Self::Set(set) => text.strip_prefix(|c| set.contains(c)),
            Self::One | Self::Any => text.strip_prefix(|_| true),
        }
    }
}

/// Splits the text after a `[` at the closing bracket. A `]` at the beginning does not close it.
fn brackets(text: &str) -> Option<(&str, &str)> {
    let mut skipped = usize::from(text.starts_with('!'));
    skipped += usize::from(text[skipped..].starts_with(']'));
    let close = skipped + text[skipped..].find(']')?;
    Some((&text[..close], &text[close + 1..]))
}

/// The set of characters between brackets.
#[derive(Debug, Clone, PartialEq)]
struct CharSet {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl CharSet {
    fn new(inside: &str) -> Self {
        let mut chunks = without_reversed(chunks(&inside.chars().collect::<Vec<_>>()));
        let negated = chunks[0].first() == Some(&'!');
        if negated {
            chunks[0].remove(0);
        }
        let mut ranges: Vec<(char, char)> = chunks.iter().flatten().map(|c| (*c, *c)).collect();
        for pair in chunks.windows(2) {
            match (pair[0].last(), pair[1].first()) {
                (Some(from), Some(to)) => ranges.push((*from, *to)),
                _ => ranges.push(('-', '-')),
            }
        }
        Self { negated, ranges }
    }

    fn contains(&self, c: char) -> bool {
        self.ranges
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&c))
            != self.negated
    }
}

/// Splits the characters at the hyphens of ranges: each range goes from the end of one part to the start of the next.
/// A hyphen at either end, or directly after a range, is an ordinary character.
fn chunks(chars: &[char]) -> Vec<Vec<char>> {
    let mut chunks = Vec::new();
    let (mut start, mut search) = (0, if chars.first() == Some(&'!') { 2 } else { 1 });
    while let Some(hyphen) = (search..chars.len()).find(|at| chars[*at] == '-') {
        chunks.push(chars[start..hyphen].to_vec());
        start = hyphen + 1;
        search = hyphen + 3;
    }
    match (chunks.last_mut(), &chars[start..]) {
        (Some(last), []) => last.push('-'),
        (_, rest) => chunks.push(rest.to_vec()),
    }
    chunks
}

/// Removes reversed ranges together with both their ends: in Python they match nothing.
fn without_reversed(mut chunks: Vec<Vec<char>>) -> Vec<Vec<char>> {
    for at in (1..chunks.len()).rev() {
        if chunks[at - 1].last() > chunks[at].first() {
            let rest = chunks.remove(at);
            chunks[at - 1].pop();
            chunks[at - 1].extend(&rest[1..]);
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_match_as_in_python() {
        let cases = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/b.c\nd", true),
            ("**", "a", true),
            ("?", "é", true),
            ("?", "", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbX", false),
            ("*.sql", "x.sql", true),
            ("*.sql", "x.sqlx", false),
            ("stg_*", "Stg_a", false),
            ("a*a", "a", false),
            ("[abc]", "b", true),
            ("[!abc]", "b", false),
            ("[!abc]", "d", true),
            ("[^a]", "^", true),
            ("[^a]", "b", false),
            ("[]]", "]", true),
            ("[]a]", "a", true),
            ("[!]]", "]", false),
            ("[!]]", "x", true),
            ("[", "[", true),
            ("[a", "[a", true),
            ("[!", "[!", true),
            ("[]", "[]", true),
            ("[!]", "[!]", true),
            ("[a-c]", "b", true),
            ("[a-c]", "-", false),
            ("[c-a]", "b", false),
            ("[c-a]", "c", false),
            ("[!c-a]", "b", true),
            ("[a-]", "-", true),
            ("[-a]", "-", true),
            ("[!-a]", "-", false),
            ("[--a]", "0", true),
            ("[a-c-e]", "d", false),
            ("[a-c-e]", "-", true),
            ("[z-a!b]", "b", false),
            ("[z-a!b]", "x", true),
            ("[z-a!-b]", "-", false),
            ("a\\*", "a\\xyz", true),
            ("a\\*", "a*", false),
            ("[\\]", "\\", true),
            ("{a,b}", "a", false),
            ("*[0-9]", "a1b2", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(
                Pattern::new(pattern).matches(text),
                expected,
                "{pattern:?} {text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn arbitrary_patterns_never_panic(pattern in "[-a-c!\\[\\]*?é^]{0,12}", text in "[-a-c!\\[\\]é]{0,6}") {
            Pattern::new(&pattern).matches(&text);
        }

        #[test]
        fn text_without_wildcards_matches_itself_alone(text in "[^*?\\[]{0,8}", other in "[^*?\\[]{0,8}") {
            prop_assert!(Pattern::new(&text).matches(&text));
            prop_assert_eq!(Pattern::new(&text).matches(&other), text == other);
        }
    }
}
