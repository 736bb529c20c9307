//! A command line as one text.

/// Puts words together to one text that shells, and Python's `shlex.split`, take apart to the same words.
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

/// Takes a text apart to words as `shlex.split` of Python does: quotes and backslashes have a shell's meaning, and
/// nothing else has. `None` when a quote is not closed, or the last backslash has nothing to escape.
#[must_use]
pub fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    // A word that has begun; an empty one in quotes is one, too.
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
    fn texts_are_taken_apart_as_python_does() {
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
        fn words_come_back(words in proptest::collection::vec(proptest::prelude::any::<String>(), 0..6)) {
            proptest::prop_assert_eq!(split_words(&join_words(&words)), Some(words));
        }

        #[test]
        fn any_text_is_read(text in ".*") {
            let _ = split_words(&text);
        }
    }
}
