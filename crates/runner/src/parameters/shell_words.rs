//! A command line as one text, quoted for a POSIX shell.
//!
//! Not the crate `shlex`: Prefect's workers split the text with Python's `shlex.split`, which, unlike that crate, keeps
//! words that begin with `#`, splits at carriage returns, and keeps escaped line breaks.

/// Joins words to one text that shells and Python's `shlex.split` split into the same words.
///
/// ```
/// use prefect_dbt::parameters::join_words;
///
/// assert_eq!(join_words(["build", "--vars", "{a: it's}"]), r#"build --vars '{a: it'"'"'s}'"#);
/// ```
pub fn join_words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| quote(word.as_ref())).collect();
    quoted.join(" ")
}

fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r#"'"'"'"#))
}

/// Splits a text into words as Python's `shlex.split` does: quotes and backslashes have their meaning in a shell, other
/// characters have none. `None` if a quote is not closed, or if the text ends with a backslash.
#[must_use]
pub fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    // The current word; `''` is one, too.
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => in_double_quotes(&mut chars, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// Reads up to the closing quote; a backslash escapes only itself and that quote.
fn in_double_quotes(chars: &mut std::str::Chars<'_>, word: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => return Some(()),
            '\\' => match chars.next()? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_as_by_python() {
        for (text, words) in [
            ("", vec![]),
            (" build \t-s  x\n", vec!["build", "-s", "x"]),
            (r#"'a b'c "d 'e'""#, vec!["a bc", "d 'e'"]),
            (r#"a\ b "c\"\d\\" '\'"#, vec!["a b", r#"c"\d\"#, r"\"]),
            ("'' x", vec!["", "x"]),
            ("tag:a #b", vec!["tag:a", "#b"]),
        ] {
            assert_eq!(split_words(text).unwrap(), words, "{text}");
        }
        for text in ["'a", "\"a", "a\\", "\"a\\"] {
            assert_eq!(split_words(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn joined_words_are_split_again(words in proptest::collection::vec(proptest::prelude::any::<String>(), 0..6)) {
            proptest::prop_assert_eq!(split_words(&join_words(&words)), Some(words));
        }

        #[test]
        fn any_text_can_be_split(text in ".*") {
            let _ = split_words(&text);
        }
    }
}
