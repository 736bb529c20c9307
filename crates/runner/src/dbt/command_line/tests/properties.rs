use proptest::prelude::*;

use super::super::flag::Kind;
use super::super::flag_table::FLAGS;
use super::super::line::CommandLine;

/// A word that may mean something, or any other.
fn word() -> impl Strategy<Value = String> {
    let mut known: Vec<String> = FLAGS.iter().map(|flag| flag.name.to_owned()).collect();
    known.extend(FLAGS.iter().flat_map(|flag| {
        let letters = flag.letters.chars().map(|letter| format!("-{letter}"));
        letters.collect::<Vec<_>>()
    }));
    let common = "build ls docs generate source init run-operation -- - a b {a:b} -x -q -s -t -qs -xsa -xqf -dqt \
                  -tprod -zq --select --select= --select=a --exclude --no-quiet --quiet=1 --vars= --nope --nope=1";
    let common: Vec<String> = common.split_whitespace().map(str::to_owned).collect();
    prop_oneof![6 => prop::sample::select(common), 2 => prop::sample::select(known), 1 => ".{0,6}"]
}

fn line() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(word(), 0..10)
}

/// A line with a command, and only global flags before it, as dbt 1 wants it.
fn line_of_command() -> impl Strategy<Value = Vec<String>> {
    let select = |words: &str| {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        prop::sample::select(words)
    };
    let globals =
        prop::collection::vec(select("-q -xq -dqtprod --target=a --no-quiet --nope"), 0..3);
    let command = select("build ls docs source init run-operation");
    (globals, command, line())
        .prop_map(|(globals, command, rest)| [globals, vec![command], rest].concat())
}

/// The flags of a line, with what they say.
fn said(line: &CommandLine) -> Vec<(&'static str, bool, Vec<String>)> {
    let said = line
        .flags()
        .map(|given| (given.flag.name, given.is_on(), given.values.clone()));
    said.collect()
}

/// Something to say with a flag of `build`, and how to spell it.
#[derive(Debug, Clone)]
struct Saying {
    name: &'static str,
    letter: Option<char>,
    on: bool,
    values: Vec<String>,
    by_letter: bool,
    joined: bool,
}

const SAYABLE: [(&str, Option<char>, Kind); 9] = [
    ("--quiet", Some('q'), Kind::Switch),
    ("--debug", Some('d'), Kind::Switch),
    ("--fail-fast", Some('x'), Kind::Switch),
    ("--defer", None, Kind::Switch),
    ("--target", Some('t'), Kind::Value),
    ("--vars", None, Kind::Value),
    ("--state", None, Kind::Value),
    ("--select", Some('s'), Kind::List),
    ("--exclude", None, Kind::List),
];

fn saying() -> impl Strategy<Value = Saying> {
    let values = prop::collection::vec("[a-z+@:=, ]{1,4}", 1..4);
    let what = prop::sample::select(SAYABLE.to_vec());
    let how = (any::<bool>(), any::<bool>(), any::<bool>());
    (what, values, how).prop_map(|((name, letter, kind), mut values, how)| {
        let (on, by_letter, joined) = how;
        match kind {
            Kind::Switch => values.clear(),
            Kind::Value => values.truncate(1),
            Kind::List => {}
        }
        let on = on || kind != Kind::Switch;
        Saying {
            name,
            letter,
            on,
            values,
            by_letter: by_letter && on,
            joined,
        }
    })
}

/// Spells a line; letters that are to be joined stand behind the switches before them.
fn spell(sayings: &[Saying]) -> Vec<String> {
    let mut words = vec!["build".to_owned()];
    let mut is_open = false;
    for saying in sayings {
        let values = saying.values.as_slice();
        let values = match saying.letter.filter(|_| saying.by_letter) {
            Some(letter) => {
                match words.last_mut().filter(|_| is_open && saying.joined) {
                    Some(word) => word.push(letter),
                    None => words.push(format!("-{letter}")),
                }
                let is_glued = saying.joined && values.len() == 1;
                is_open = values.is_empty();
                words
                    .last_mut()
                    .unwrap()
                    .push_str(if is_glued { &values[0] } else { "" });
                &values[usize::from(is_glued)..]
            }
            None => {
                is_open = false;
                let name = match saying.on {
                    true => saying.name.to_owned(),
                    false => saying.name.replacen("--", "--no-", 1),
                };
                let is_joined = saying.joined && !values.is_empty();
                words.push(if is_joined {
                    format!("{name}={}", values[0])
                } else {
                    name
                });
                &values[usize::from(is_joined)..]
            }
        };
        words.extend(values.iter().cloned());
    }
    words
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_word_comes_back(line in line()) {
        prop_assert_eq!(CommandLine::parse(&line).to_words(), line);
    }

    #[test]
    fn all_spellings_say_the_same(sayings in prop::collection::vec(saying(), 0..8)) {
        let line = CommandLine::parse(&spell(&sayings));
        let wanted = sayings.iter().map(|saying| (saying.name, saying.on, saying.values.clone()));
        prop_assert_eq!(said(&line), wanted.collect::<Vec<_>>());
        for (name, _, kind) in SAYABLE {
            let of_name = || sayings.iter().filter(|saying| saying.name == name);
            let last = of_name().next_back();
            let values: Vec<&str> = of_name().flat_map(|saying| &saying.values).map(String::as_str).collect();
            match kind {
                Kind::Switch => prop_assert_eq!(line.switch(name), last.map(|saying| saying.on)),
                Kind::Value => prop_assert_eq!(line.value(name), last.map(|saying| saying.values[0].as_str())),
                Kind::List => prop_assert_eq!(line.list(name), values),
            }
        }
    }

    #[test]
    fn taking_flags_out_leaves_the_others(line in line_of_command(), out in prop::sample::subsequence(SAYABLE.to_vec(), 0..5)) {
        let mut read = CommandLine::parse(&line);
        let is_out = |name: &str| out.iter().any(|(out, ..)| *out == name);
        let mut wanted = said(&read);
        wanted.retain(|(name, ..)| !is_out(name));
        let positionals: Vec<String> = read.positionals().into_iter().map(str::to_owned).collect();
        let command = read.command();
        read.retain(|given| !is_out(given.flag.name));
        prop_assert_eq!(said(&read), wanted);
        prop_assert_eq!(read.positionals(), positionals);
        prop_assert_eq!(read.command(), command);
    }

    #[test]
    fn a_new_flag_is_read_and_changes_no_other(line in line_of_command(), at_place in any::<bool>()) {
        let mut read = CommandLine::parse(&line);
        let mut wanted = said(&read);
        let words = ["--target".to_owned(), "new".to_owned()];
        if at_place {
            wanted.retain(|(name, ..)| *name != "--target");
            read.replace(&["--target"], &words);
        } else {
            read.append(&words);
        }
        let mut now = said(&read);
        let new = now.iter().position(|(name, _, values)| *name == "--target" && *values == ["new"]);
        let new = new.expect("the new flag");
        now.remove(new);
        prop_assert_eq!(now, wanted);
    }
}
