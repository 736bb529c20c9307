//! Changes to a command line that leave the rest of it word for word.

use super::flag::Kind;
#[cfg(feature = "cli")]
use super::line::Joint;
use super::line::{CommandLine, Given, Item};

impl CommandLine {
    /// Takes out the flags that are not to be kept. Letters that were joined to them stay: `-qs a` without `-q` is `-s a`.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Given) -> bool) {
        self.keep(|item| match item {
            Item::Flag(given) => keep(given),
            _ => true,
        });
        self.read_again();
    }

    /// Takes out all but these flags, and puts another command before them.
    pub(crate) fn reduce(&mut self, command: &str, flags: &[&str]) {
        self.keep(|item| match item {
            Item::Flag(given) => flags.contains(&given.flag.name) && !given.is_incomplete(),
            _ => false,
        });
        self.insert(0, &[command.to_owned()]);
    }

    /// Takes these flags out in all their spellings, and puts words where the first of them was, or at the end of the flags.
    pub(crate) fn replace(&mut self, flags: &[&str], words: &[String]) {
        let is_meant =
            |item: &Item| matches!(item, Item::Flag(given) if flags.contains(&given.flag.name));
        let at = self.items.iter().position(is_meant);
        self.keep(|item| !is_meant(item));
        let at = at.unwrap_or_else(|| self.end_of_flags());
        self.insert(at, words);
    }

    /// Adds words at the end of the flags: before a `--`, and before a last flag whose value is missing.
    pub(crate) fn append(&mut self, words: &[String]) {
        self.insert(self.end_of_flags(), words);
    }

    /// Puts another command in the place of the command, or at the beginning when there is none.
    pub(crate) fn set_command(&mut self, words: &[String]) {
        let is_command = |item: &Item| matches!(item, Item::Command(_));
        let at = self.items.iter().position(is_command).unwrap_or_default();
        self.keep(|item| !is_command(item));
        self.insert(at, words);
    }

    /// Gives each value of a list a flag of its own: `-s a b` becomes `--select=a --select=b`.
    #[cfg(feature = "cli")]
    pub(crate) fn spread_lists(&mut self) {
        let items = std::mem::take(&mut self.items).into_iter();
        let spread = |item| match item {
            Item::Flag(given) if given.flag.kind == Kind::List && !given.is_incomplete() => {
                given.one_for_each_value()
            }
            item => vec![item],
        };
        self.items = items.flat_map(spread).collect();
    }

    /// Where a new flag can stand behind all others.
    fn end_of_flags(&self) -> usize {
        let is_command = |item: &Item| matches!(item, Item::Command(_));
        let command = self.items.iter().rposition(is_command).unwrap_or_default();
        let ends = |item: &Item| match item {
            Item::End => true,
            Item::Flag(given) => given.is_incomplete(),
            _ => false,
        };
        let end = self.items.iter().skip(command).position(ends);
        end.map_or(self.items.len(), |end| command + end)
    }

    fn insert(&mut self, at: usize, words: &[String]) {
        if let Some(Item::Flag(next)) = self.items.get_mut(at).filter(|_| !words.is_empty()) {
            next.continues = false;
        }
        self.items.splice(at..at, Self::parse(words).items);
        self.read_again();
    }

    /// Takes items out. A letter whose predecessor goes stands alone, or joins the letters before that.
    fn keep(&mut self, mut is_kept: impl FnMut(&Item) -> bool) {
        let mut is_open = false;
        for mut item in std::mem::take(&mut self.items) {
            let continues = matches!(&item, Item::Flag(given) if given.continues);
            is_open &= continues;
            if !is_kept(&item) {
                continue;
            }
            if let Item::Flag(given) = &mut item {
                given.continues = is_open;
            }
            is_open = true;
            self.items.push(item);
        }
    }

    /// Reads the line once more, since a changed command changes what its flags mean.
    fn read_again(&mut self) {
        self.keep_words_from_lists();
        *self = Self::parse(&self.to_words());
    }

    /// Moves a word that has come to stand behind a list, which would take it, before that list.
    fn keep_words_from_lists(&mut self) {
        let is_list =
            |item: &Item| matches!(item, Item::Flag(given) if given.flag.kind == Kind::List);
        for at in 1..self.items.len() {
            let (Item::Command(word) | Item::Word(word)) = &self.items[at] else {
                continue;
            };
            let before = self.items[..at].iter().rev();
            let lists = before.take_while(|item| is_list(item)).count();
            if lists == 0 || word.starts_with('-') {
                continue;
            }
            self.items[at - lists..=at].rotate_right(1);
            if let Item::Flag(list) = &mut self.items[at - lists + 1] {
                list.continues = false;
            }
        }
    }
}

#[cfg(feature = "cli")]
impl Given {
    fn one_for_each_value(self) -> Vec<Item> {
        let of_one = |value| Self {
            flag: self.flag,
            spelled: self.flag.name.to_owned(),
            values: vec![value],
            joint: Joint::Equals,
            continues: false,
        };
        let values = self.values.into_iter();
        values.map(|value| Item::Flag(of_one(value))).collect()
    }
}

/// The words that give a flag a value. They are one word when the value could be taken for a flag.
pub(crate) fn flag_with_value(flag: &str, value: &str) -> Vec<String> {
    match value.starts_with('-') {
        true => vec![format!("{flag}={value}")],
        false => vec![flag.to_owned(), value.to_owned()],
    }
}
