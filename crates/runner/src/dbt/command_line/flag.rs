//! What a row of the flag table says.

use serde::Serialize;

use super::commands::canonical;
use super::flag_table::FLAGS;

/// A flag of dbt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag {
    /// The name by which the flag is asked for, as `--target`.
    pub(crate) name: &'static str,
    /// Other long names for the same flag.
    pub(crate) also: &'static [&'static str],
    /// Letters that stand for the flag after one hyphen.
    pub(crate) letters: &'static str,
    /// What follows the flag.
    pub(crate) kind: Kind,
    /// Whether `--no-<name>` turns the flag off.
    pub(crate) negatable: bool,
    /// The commands that take the flag; none for a global flag, which may also come before the command.
    pub(crate) commands: &'static [&'static str],
    /// The engine that has the flag; none when both have it.
    pub(crate) engine: Option<Engine>,
    /// The first minor version of dbt 1 that has the flag; none when 1.5 has it, or dbt 1 never had it.
    pub(crate) since: Option<Minor>,
    /// The first minor version of dbt 1 that no longer has the flag.
    pub(crate) until: Option<Minor>,
    /// How the environment variable for the flag is called.
    variable: Variable,
}

/// What follows a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Switch,
    /// One value, whatever it looks like. If the flag is repeated, the last one counts.
    Value,
    /// One value, whatever it looks like, and all words up to the next one with a leading hyphen. If the flag is
    /// repeated, the values add up.
    List,
}

/// A program that is called dbt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Engine {
    /// dbt 1, in Python.
    Core,
    /// dbt 2, in Rust.
    Fusion,
}

/// A minor version of dbt 1: `Minor(8)` is 1.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Minor(pub(crate) u8);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    None,
    /// `DBT_` and the name; from dbt 1.11 on `DBT_ENGINE_` and the name, too.
    Dbt,
    /// Only `DBT_ENGINE_` and the name.
    Engine,
}

/// Rows of the table: [`Flag::switch`], [`Flag::value`] or [`Flag::list`], then what is special about the flag.
impl Flag {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            also: &[],
            letters: "",
            kind,
            negatable: false,
            commands: &[],
            engine: None,
            since: None,
            until: None,
            variable: Variable::Dbt,
        }
    }

    pub(super) const fn switch(name: &'static str) -> Self {
        Self::new(name, Kind::Switch)
    }

    pub(super) const fn value(name: &'static str) -> Self {
        Self::new(name, Kind::Value)
    }

    pub(super) const fn list(name: &'static str) -> Self {
        Self::new(name, Kind::List)
    }

    pub(super) const fn also(mut self, names: &'static [&'static str]) -> Self {
        self.also = names;
        self
    }

    pub(super) const fn letters(mut self, letters: &'static str) -> Self {
        self.letters = letters;
        self
    }

    pub(super) const fn negatable(mut self) -> Self {
        self.negatable = true;
        self
    }

    pub(super) const fn of(mut self, commands: &'static [&'static str]) -> Self {
        self.commands = commands;
        self
    }

    pub(super) const fn core(mut self) -> Self {
        self.engine = Some(Engine::Core);
        self
    }

    pub(super) const fn fusion(mut self) -> Self {
        self.engine = Some(Engine::Fusion);
        self
    }

    pub(super) const fn since(mut self, minor: u8) -> Self {
        self.since = Some(Minor(minor));
        self
    }

    pub(super) const fn until(mut self, minor: u8) -> Self {
        self.until = Some(Minor(minor));
        self
    }

    pub(super) const fn no_variable(mut self) -> Self {
        self.variable = Variable::None;
        self
    }

    pub(super) const fn engine_variable(mut self) -> Self {
        self.variable = Variable::Engine;
        self
    }
}

impl Flag {
    /// The flag that a command takes by this long name (`--target`, `--no-quiet`). `command` is empty before the
    /// command. A name that only other commands or the other engine know is found, too: a version of dbt that is not in
    /// the table may accept it, and any other refuses it.
    pub(super) fn by_name(command: &str, name: &str) -> Option<&'static Self> {
        best(command, |flag| flag.has_name(name))
    }

    /// The flag of this long name, whatever the command.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        Self::by_name("", name)
    }

    /// Whether a flag has this letter.
    #[cfg(feature = "cli")]
    pub(crate) fn has_letter(letter: char) -> bool {
        FLAGS.iter().any(|flag| flag.letters.contains(letter))
    }

    /// The flag that a command takes by this letter.
    pub(super) fn by_letter(command: &str, letter: char) -> Option<&'static Self> {
        best(command, |flag| flag.letters.contains(letter))
    }

    /// The name that turns a switch off. `None` when no version of dbt 1 knows one; a switch that is not in the table is
    /// taken to have one.
    pub(crate) fn negation(name: &str) -> Option<String> {
        match Self::named(name) {
            Some(flag) if !flag.negatable => None,
            _ => Some(name.replacen("--", "--no-", 1)),
        }
    }

    /// The environment variable that gives the flag its value where the command line does not.
    pub(crate) fn variable(&self) -> Option<String> {
        let name = self.name.trim_start_matches('-');
        let name = name.replace('-', "_").to_ascii_uppercase();
        match self.variable {
            Variable::None => None,
            Variable::Dbt => Some(format!("DBT_{name}")),
            Variable::Engine => Some(format!("DBT_ENGINE_{name}")),
        }
    }

    /// Whether the flag has this long name, its `--no-` form included.
    fn has_name(&self, name: &str) -> bool {
        self.name == name || self.also.contains(&name) || self.is_negation(name)
    }

    /// Whether this name is the one that turns the flag off.
    pub(super) fn is_negation(&self, name: &str) -> bool {
        self.negatable && name.strip_prefix("--no-") == self.name.strip_prefix("--")
    }

    /// The flags that a command of dbt 1 takes, before or after its name.
    #[cfg(test)]
    pub(crate) fn all_of(command: &str) -> impl Iterator<Item = &'static Self> {
        FLAGS
            .iter()
            .filter(move |flag| flag.is_taken_by_dbt_1(command))
    }

    /// The flags that dbt 2 alone has.
    #[cfg(test)]
    pub(crate) fn all_of_dbt_2() -> impl Iterator<Item = &'static Self> {
        let is_new = |flag: &&Self| flag.engine == Some(Engine::Fusion);
        FLAGS.iter().filter(is_new)
    }

    /// Whether a command of dbt 1 takes the flag.
    #[cfg(feature = "cli")]
    pub(crate) fn is_taken_by_dbt_1(&self, command: &str) -> bool {
        self.engine != Some(Engine::Fusion) && self.is_taken_by(command)
    }

    /// Whether a command takes the flag.
    pub(crate) fn is_taken_by(&self, command: &str) -> bool {
        self.commands.is_empty() || self.commands.contains(&canonical(command))
    }
}

/// The first row of dbt 1 that the command takes, else the first of dbt 1, else the first.
fn best(command: &str, is_meant: impl Fn(&Flag) -> bool) -> Option<&'static Flag> {
    let rank = |flag: &&Flag| match flag.engine {
        Some(Engine::Fusion) => 2,
        _ if flag.is_taken_by(command) => 0,
        _ => 1,
    };
    FLAGS.iter().filter(|flag| is_meant(flag)).min_by_key(rank)
}
