//! The parser: it follows click, which dbt 1 uses, and dbt's own lists of values (`MultiOption`).
//!
//! - A flag that takes a value takes the next word whatever it looks like, even `--`.
//! - A list takes one word whatever it looks like, and then all words up to one with a leading hyphen.
//! - Joined letters (`-xs a`) are flags each; after the first letter that takes a value, the rest of the word is its value,
//!   a `=` included. With one unknown letter, dbt refuses the whole word.
//! - Long names are not abbreviated, and switches take no `=value`.
//! - `--` before the command ends only the global flags. After the command no flag follows it.

use std::collections::VecDeque;

use super::commands::{is_first_word, is_group};
use super::flag::{Flag, Kind};
use super::line::{CommandLine, Given, Item, Joint};

impl CommandLine {
    /// Reads a command line. What dbt refuses is kept as it is.
    pub(crate) fn parse<S: AsRef<str>>(words: &[S]) -> Self {
        let mut parser = Parser {
            words: words.iter().map(AsRef::as_ref).collect(),
            items: Vec::new(),
            command: String::new(),
            is_whole: false,
            takes_flags: true,
        };
        while let Some(word) = parser.words.pop_front() {
            parser.read(word);
        }
        Self {
            items: parser.items,
        }
    }
}

struct Parser<'a> {
    words: VecDeque<&'a str>,
    items: Vec<Item>,
    /// The command as far as it was read.
    command: String,
    /// Whether no word of the command is to come.
    is_whole: bool,
    takes_flags: bool,
}

impl<'a> Parser<'a> {
    fn read(&mut self, word: &'a str) {
        let is_flag = self.takes_flags && word.len() > 1 && word.starts_with('-');
        if is_flag && word == "--" {
            self.takes_flags = false;
            self.items.push(Item::End);
        } else if !is_flag {
            self.read_word(word);
        } else if !self.read_long(word) && !self.read_letters(word) {
            self.items.push(Item::Unknown(word.to_owned()));
        }
    }

    fn read_word(&mut self, word: &str) {
        let is_command = match self.command.is_empty() {
            true => is_first_word(word),
            false => !self.is_whole,
        };
        if !is_command {
            self.items.push(Item::Word(word.to_owned()));
            return;
        }
        self.is_whole = !self.command.is_empty() || !is_group(word);
        if !self.command.is_empty() {
            self.command.push(' ');
        }
        self.command.push_str(word);
        // A `--` before the command ended only the flags before the command.
        self.takes_flags = true;
        self.items.push(Item::Command(word.to_owned()));
    }

    /// Reads `--name`, `--name value` or `--name=value`; false when there is no such flag.
    fn read_long(&mut self, word: &str) -> bool {
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let Some(flag) = Flag::by_name(&self.command, name) else {
            return false;
        };
        if flag.kind == Kind::Switch && joined.is_some() {
            return false;
        }
        let (spelled, joint) = (name.to_owned(), Joint::Equals);
        self.push(flag, spelled, joined.map(|value| (value, joint)), false);
        true
    }

    /// Reads `-x`, `-xs value` or `-xsvalue`; false when a letter is unknown.
    fn read_letters(&mut self, word: &str) -> bool {
        let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
            return false;
        };
        let mut found = Vec::new();
        let mut rest = letters.chars();
        for letter in rest.by_ref() {
            let Some(flag) = Flag::by_letter(&self.command, letter) else {
                return false;
            };
            found.push((letter, flag));
            if flag.kind != Kind::Switch {
                break;
            }
        }
        let value = rest.as_str();
        let last = found.len().saturating_sub(1);
        for (at, (letter, flag)) in found.into_iter().enumerate() {
            let is_joined = at == last && !value.is_empty();
            let joined = is_joined.then_some((value, Joint::None));
            self.push(flag, format!("-{letter}"), joined, at > 0);
        }
        true
    }

    /// Adds a flag, with the values that it takes from the words that follow.
    fn push(
        &mut self,
        flag: &'static Flag,
        spelled: String,
        joined: Option<(&str, Joint)>,
        continues: bool,
    ) {
        let joint = joined.map_or(Joint::Space, |(_, joint)| joint);
        let mut values: Vec<String> = Vec::new();
        if flag.kind != Kind::Switch {
            let first = joined.map(|(value, _)| value);
            let first = first.or_else(|| self.words.pop_front());
            values.extend(first.map(str::to_owned));
        }
        if flag.kind == Kind::List {
            while let Some(word) = self.words.front()
                && !word.starts_with('-')
            {
                values.push((*word).to_owned());
                self.words.pop_front();
            }
        }
        self.items.push(Item::Flag(Given {
            flag,
            spelled,
            values,
            joint,
            continues,
        }));
    }
}
