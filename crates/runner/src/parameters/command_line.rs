//! dbt's command line, taken apart as dbt takes it.

use crate::args::{DbtArgs, VALUED};

/// Flags that take all words up to the next flag.
const GREEDY: [&str; 11] = [
    "--select",
    "-s",
    "--models",
    "--model",
    "-m",
    "--exclude",
    "--resource-types",
    "--resource-type",
    "--exclude-resource-types",
    "--exclude-resource-type",
    "--output-keys",
];

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandLine {
    pieces: Vec<Piece>,
    /// What no flag can stand behind: all from `--` on, or a last flag whose value is missing.
    rest: Vec<String>,
}

/// Words that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    /// The flag, in the spelling of the command line; `None` for a word that is no flag's.
    flag: Option<String>,
    words: Vec<String>,
}

/// What a flag takes when its value is not joined to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arity {
    None,
    One,
    Many,
}

impl Arity {
    fn of(flag: &str) -> Self {
        if GREEDY.contains(&flag) {
            Self::Many
        } else if VALUED.contains(&flag) {
            Self::One
        } else {
            Self::None
        }
    }
}

impl CommandLine {
    /// Takes words apart.
    pub(super) fn parse(words: &[String]) -> Self {
        let mut line = Self {
            pieces: Vec::new(),
            rest: Vec::new(),
        };
        let mut words = words.iter().cloned().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                line.rest = std::iter::once(word).chain(words).collect();
                break;
            }
            let (flag, joined) = line.flag_of(&word);
            let arity = flag.as_deref().map_or(Arity::None, Arity::of);
            let mut piece = Piece {
                flag,
                words: vec![word],
            };
            if arity != Arity::None && !joined {
                match words.next() {
                    Some(value) => piece.words.push(value),
                    None => {
                        line.rest = piece.words;
                        break;
                    }
                }
            }
            if arity == Arity::Many {
                while let Some(value) = words.next_if(|word| !word.starts_with('-')) {
                    piece.words.push(value);
                }
            }
            line.pieces.push(piece);
        }
        line
    }

    /// The flag that a word is or begins with, and whether its value is joined to it.
    fn flag_of(&self, word: &str) -> (Option<String>, bool) {
        if let Some(long) = word.strip_prefix("--") {
            return match long.split_once('=') {
                Some((name, _)) => (Some(format!("--{name}")), true),
                None => (Some(word.to_owned()), false),
            };
        }
        let mut letters = word.strip_prefix('-').unwrap_or_default().chars();
        match letters.next() {
            Some(letter) => (Some(format!("-{letter}")), !letters.as_str().is_empty()),
            None => (None, false),
        }
    }

    /// Takes these flags out, and puts words in their place, or at the end.
    pub(super) fn replace(&mut self, flags: &[&str], words: Vec<String>) {
        let is_displaced =
            |piece: &Piece| piece.flag.as_deref().is_some_and(|flag| flags.contains(&flag));
        let at = self.pieces.iter().position(is_displaced);
        self.pieces.retain(|piece| !is_displaced(piece));
        if let Some(flag) = words.first().cloned() {
            let at = at.unwrap_or(self.pieces.len());
            let flag = Some(flag);
            self.pieces.insert(at, Piece { flag, words });
        }
    }

    /// Puts another command in the place of its own, or at the beginning.
    pub(super) fn set_command(&mut self, words: Vec<String>) {
        let spoken = self.pieces.iter().enumerate();
        let spoken = spoken.filter(|(_, piece)| piece.flag.is_none());
        let spoken: Vec<(usize, &str)> = spoken
            .map(|(at, piece)| (at, piece.words[0].as_str()))
            .collect();
        let command = match spoken.as_slice() {
            [(_, first), (_, second), ..] if is_command(&[first, second]) => &spoken[..2],
            [(_, first), ..] if is_command(&[first]) => &spoken[..1],
            _ => &[],
        };
        let at = command.first().map_or(0, |(at, _)| *at);
        let taken: Vec<usize> = command.iter().map(|(at, _)| *at).collect();
        for place in taken.into_iter().rev() {
            self.pieces.remove(place);
        }
        let words = words.into_iter().map(|word| Piece {
            flag: None,
            words: vec![word],
        });
        self.pieces.splice(at..at, words);
    }

    /// Whether a flag is there.
    pub(super) fn has(&self, flag: &str) -> bool {
        let mut flags = self.pieces.iter().filter_map(|piece| piece.flag.as_deref());
        flags.any(|found| found == flag)
    }

    /// The words, put together again.
    pub(super) fn into_words(self) -> Vec<String> {
        let words = self.pieces.into_iter().flat_map(|piece| piece.words);
        words.chain(self.rest).collect()
    }
}

/// Whether words are one command of dbt's and nothing else.
pub(super) fn is_command<S: AsRef<str>>(words: &[S]) -> bool {
    let joined = words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ");
    !joined.is_empty() && DbtArgs::parse(words).command == joined
}
