//! A command line that was read, and what it says.

use super::flag::{Flag, Kind};

/// dbt's command line, read as dbt reads it. [`to_words`](Self::to_words) gives every word back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CommandLine {
    pub(super) items: Vec<Item>,
}

/// One thing on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A word of the command.
    Command(String),
    /// A word that is no flag's value.
    Word(String),
    /// `--`: what follows holds no flags.
    End,
    /// A word that looks like a flag and that dbt does not know.
    Unknown(String),
    Flag(Given),
}

/// A flag as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// What the table says of it.
    pub(crate) flag: &'static Flag,
    /// The spelling, without a value: `--target`, `--no-quiet`, `-t`.
    pub(super) spelled: String,
    /// The values. A flag that takes values and has none is the last thing on the line.
    pub(super) values: Vec<String>,
    /// How the first value follows.
    pub(super) joint: Joint,
    /// Whether the letter is joined to the letters of the flags before it, as the `s` of `-xs`.
    pub(super) continues: bool,
}

/// How a flag's first value follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// As a word of its own.
    Space,
    /// `--target=prod`
    Equals,
    /// `-tprod`
    None,
}

impl Given {
    /// Whether a switch is turned on, and not off by its `--no-` form.
    pub(crate) fn is_on(&self) -> bool {
        !self.flag.is_negation(&self.spelled)
    }

    /// The last value.
    pub(crate) fn value(&self) -> Option<&str> {
        self.values.last().map(String::as_str)
    }

    /// All values.
    #[cfg(feature = "cli")]
    pub(crate) fn values(&self) -> &[String] {
        &self.values
    }

    /// Whether the flag takes a value that the line does not have.
    pub(super) fn is_incomplete(&self) -> bool {
        self.flag.kind != Kind::Switch && self.values.is_empty()
    }

    /// Adds the words of the flag to those before it.
    fn write(&self, words: &mut Vec<String>) {
        let last = words.last_mut().filter(|_| self.continues);
        match last {
            Some(word) => word.push_str(self.spelled.trim_start_matches('-')),
            None => words.push(self.spelled.clone()),
        }
        let mut values = self.values.iter();
        if let Some((word, glue)) = words.last_mut().zip(self.joint.glue())
            && let Some(value) = values.next()
        {
            word.push_str(glue);
            word.push_str(value);
        }
        words.extend(values.cloned());
    }
}

impl Joint {
    /// What stands between a flag and the value in the same word.
    fn glue(self) -> Option<&'static str> {
        match self {
            Self::Space => None,
            Self::Equals => Some("="),
            Self::None => Some(""),
        }
    }
}

impl CommandLine {
    /// The words of the line.
    pub(crate) fn to_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for item in &self.items {
            match item {
                Item::Command(word) | Item::Word(word) | Item::Unknown(word) => {
                    words.push(word.clone());
                }
                Item::End => words.push("--".to_owned()),
                Item::Flag(given) => given.write(&mut words),
            }
        }
        words
    }

    /// The command as it is spelled: one word, or two (`source freshness`). Empty when there is none, or when dbt is
    /// asked only for help or its version.
    pub(crate) fn command(&self) -> String {
        let only_asks = |given: &Given| matches!(given.flag.name, "--help" | "--version");
        if self.flags().any(only_asks) {
            return String::new();
        }
        let words = self.items.iter().filter_map(|item| match item {
            Item::Command(word) => Some(word.as_str()),
            _ => None,
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Words that belong neither to the command nor to a flag, such as the macro of `run-operation`.
    #[cfg(test)]
    pub(super) fn positionals(&self) -> Vec<&str> {
        let words = self.items.iter().filter_map(|item| match item {
            Item::Word(word) => Some(word.as_str()),
            _ => None,
        });
        words.collect()
    }

    /// The known flags, in order.
    pub(crate) fn flags(&self) -> impl DoubleEndedIterator<Item = &Given> {
        self.items.iter().filter_map(|item| match item {
            Item::Flag(given) => Some(given),
            _ => None,
        })
    }

    /// The words that look like flags and that dbt does not know.
    #[cfg(feature = "cli")]
    pub(crate) fn unknown_flags(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|item| match item {
            Item::Unknown(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// Whether a flag is given, in any of its forms.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.last(flag).is_some()
    }

    /// The value of a flag; the last one if it is repeated.
    pub(crate) fn value(&self, flag: &str) -> Option<&str> {
        self.last(flag)?.value()
    }

    /// Whether a switch is turned on or off; the last word on it counts. `None` when it is not given.
    pub(crate) fn switch(&self, flag: &str) -> Option<bool> {
        self.last(flag).map(Given::is_on)
    }

    /// All values of a flag that takes several, as they are: dbt then splits them at spaces.
    pub(crate) fn list(&self, flag: &str) -> Vec<&str> {
        let given = self.flags().filter(|given| given.flag.name == flag);
        given
            .flat_map(|given| given.values.iter().map(String::as_str))
            .collect()
    }

    /// The environment variable that says the same as a flag of this line, and its value.
    pub(crate) fn as_variable(&self, flag: &str) -> Option<(String, String)> {
        let given = self.last(flag)?;
        let value = match given.flag.kind {
            Kind::Switch if given.is_on() => "1",
            Kind::Switch => "0",
            Kind::Value | Kind::List => given.value()?,
        };
        Some((given.flag.variable()?, value.to_owned()))
    }

    fn last(&self, flag: &str) -> Option<&Given> {
        self.flags().rev().find(|given| given.flag.name == flag)
    }
}
