//! dbt's command line, taken apart as dbt takes it.

use std::collections::VecDeque;

use crate::dbt::{DbtArgs, VALUED};

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

/// The letters of dbt's short switches.
const SWITCHES: [char; 4] = ['q', 'd', 'x', 'f'];
/// The letters of its short flags with values.
const VALUED_LETTERS: [char; 5] = ['t', 'r', 'o', 's', 'm'];

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
        let mut words: VecDeque<String> = words.iter().cloned().collect();
        while let Some(word) = words.pop_front() {
            if word == "--" {
                line.rest = std::iter::once(word).chain(words).collect();
                break;
            }
            let word = match first_switch(&word) {
                Some((switch, others)) => {
                    words.push_front(others);
                    switch
                }
                None => word,
            };
            let (flag, joined) = flag_of(&word);
            let arity = flag.as_deref().map_or(Arity::None, Arity::of);
            let mut piece = Piece {
                flag,
                words: vec![word],
            };
            if arity != Arity::None && !joined {
                match words.pop_front() {
                    Some(value) => piece.words.push(value),
                    None => {
                        line.rest = piece.words;
                        break;
                    }
                }
            }
            if arity == Arity::Many {
                while let Some(value) = words.pop_front_if(|word| !word.starts_with('-')) {
                    piece.words.push(value);
                }
            }
            line.pieces.push(piece);
        }
        line
    }

    /// Takes these flags out, and puts words in their place, or at the end.
    pub(super) fn replace(&mut self, flags: &[&str], words: &[String]) {
        let is_displaced = |piece: &Piece| {
            let flag = piece.flag.as_deref();
            flag.is_some_and(|flag| flags.contains(&flag))
        };
        let at = self.pieces.iter().position(is_displaced);
        self.pieces.retain(|piece| !is_displaced(piece));
        let at = at.unwrap_or(self.pieces.len());
        self.pieces.splice(at..at, Self::parse(words).pieces);
    }

    /// Puts another command in the place of its own, or at the beginning.
    pub(super) fn set_command(&mut self, words: &[String]) {
        let spoken = self.pieces.iter().enumerate();
        let spoken = spoken.filter(|(_, piece)| piece.flag.is_none());
        let spoken = spoken.map(|(at, piece)| (at, piece.words[0].clone()));
        let (places, spoken): (Vec<usize>, Vec<String>) = spoken.take(2).unzip();
        let length = (1..=spoken.len()).rev().find(|n| is_command(&spoken[..*n]));
        let places = &places[..length.unwrap_or_default()];
        for place in places.iter().rev() {
            self.pieces.remove(*place);
        }
        let at = places.first().copied().unwrap_or_default();
        self.pieces.splice(at..at, Self::parse(words).pieces);
    }

    /// Whether a flag is there.
    pub(super) fn has(&self, flag: &str) -> bool {
        let mut flags = self.pieces.iter().filter_map(|piece| piece.flag.as_deref());
        flags.any(|found| found == flag)
    }

    /// The words, put together again.
    pub(super) fn into_words(mut self) -> Vec<String> {
        self.keep_words_from_greedy_flags();
        let words = self.pieces.into_iter().flat_map(|piece| piece.words);
        words.chain(self.rest).collect()
    }

    /// Moves words that came to stand behind a flag that would take them, when what was between them went, before it.
    fn keep_words_from_greedy_flags(&mut self) {
        for at in 1..self.pieces.len() {
            if self.pieces[at].flag.is_none() {
                let before = &self.pieces[..at];
                let greedy = before.iter().rev().take_while(|piece| piece.is_greedy());
                let place = at - greedy.count();
                self.pieces[place..=at].rotate_right(1);
            }
        }
    }
}

impl Piece {
    fn is_greedy(&self) -> bool {
        let flag = self.flag.as_deref();
        flag.is_some_and(|flag| Arity::of(flag) == Arity::Many)
    }
}

/// Parts the first of short flags that stand together (`-xf`, `-xtprod`) from the others.
fn first_switch(word: &str) -> Option<(String, String)> {
    let letters = word.strip_prefix('-')?;
    let rest = letters.trim_start_matches(SWITCHES);
    if !(rest.is_empty() || rest.starts_with(VALUED_LETTERS)) {
        return None;
    }
    let (first, others) = letters.split_at_checked(1)?;
    (first.starts_with(SWITCHES) && !others.is_empty())
        .then(|| (format!("-{first}"), format!("-{others}")))
}

/// The flag that a word is or begins with, and whether its value is joined to it.
fn flag_of(word: &str) -> (Option<String>, bool) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((flag, _)) => (Some(flag.to_owned()), true),
            None => (Some(word.to_owned()), false),
        };
    }
    let mut letters = word.strip_prefix('-').unwrap_or_default().chars();
    match letters.next() {
        Some(letter) => (Some(format!("-{letter}")), !letters.as_str().is_empty()),
        None => (None, false),
    }
}

/// Whether words are one command of dbt's and nothing else.
pub(super) fn is_command<S: AsRef<str>>(words: &[S]) -> bool {
    let joined = words
        .iter()
        .map(AsRef::as_ref)
        .collect::<Vec<_>>()
        .join(" ");
    !joined.is_empty() && DbtArgs::parse(words).command == joined
}
