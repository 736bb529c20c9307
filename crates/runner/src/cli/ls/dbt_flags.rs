//! dbt's flags, brought into the form in which clap reads them.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::Args;

use super::args::LsArgs;
use crate::dbt::CommandLine;
use crate::dbt::command_line::Kind;

/// Rewrites a command line of `ls`, and leaves all others as they are:
///
/// - A flag with several values becomes one flag for each: `--select a b` becomes `--select=a --select=b`. The first value may
///   begin with a hyphen, and more values may follow one that is joined with `=`: dbt takes both, clap neither.
/// - A flag of `dbt ls` that changes no list, such as `--no-use-colors`, is left out. So is a switch that is turned off.
/// - `--version` is the one of the program, as dbt has it.
pub(crate) fn for_clap(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let is_ls = args
        .get(1)
        .is_some_and(|command| command == "ls" || command == "list");
    let line: Option<Vec<&str>> = args.iter().skip(1).map(|word| word.to_str()).collect();
    if let Some(line) = line.filter(|_| is_ls) {
        let words = rewritten(CommandLine::parse(&line)).to_words();
        args.splice(1.., words.into_iter().map(OsString::from));
    }
    args
}

fn rewritten(mut line: CommandLine) -> CommandLine {
    if line.has("--version") {
        return CommandLine::parse(&["--version"]);
    }
    line.spread_lists();
    let read = names_of_read_flags();
    let given = line.clone();
    line.retain(|flag| {
        let name = flag.flag.name;
        match read.contains(name) {
            true if flag.flag.kind == Kind::Switch => {
                flag.is_on() && given.switch(name) == Some(true)
            }
            true => true,
            false => !flag.flag.is_taken_by_dbt_1("ls"),
        }
    });
    line
}

/// The flags that [`LsArgs`] reads, and `--help`.
fn names_of_read_flags() -> BTreeSet<String> {
    let command = LsArgs::augment_args(clap::Command::new("ls"));
    let names = command.get_arguments().flat_map(|arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        arg.get_long().into_iter().chain(aliases)
    });
    names
        .chain(["help"])
        .map(|name| format!("--{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbt::command_line::Flag;

    fn spread(line: &[&str]) -> Vec<String> {
        let spread = for_clap(line.iter().map(OsString::from));
        spread
            .into_iter()
            .map(|arg| arg.into_string().unwrap())
            .collect()
    }

    #[test]
    fn values_reach_to_the_next_flag() {
        let spread = spread(&[
            "p",
            "ls",
            "--select",
            "a b",
            "c",
            "--exclude",
            "d",
            "--state",
            "x",
            "-s",
            "e",
        ]);
        let expected = [
            "p",
            "ls",
            "--select=a b",
            "--select=c",
            "--exclude=d",
            "--state",
            "x",
            "--select=e",
        ];
        assert_eq!(spread, expected);
    }

    #[test]
    fn the_first_value_may_look_like_a_flag() {
        assert_eq!(
            spread(&["p", "ls", "-s", "-1+x", "--quiet"]),
            ["p", "ls", "--select=-1+x", "--quiet"]
        );
        assert_eq!(spread(&["p", "ls", "-s"]), ["p", "ls", "-s"]);
    }

    #[test]
    fn values_may_be_joined() {
        assert_eq!(
            spread(&["p", "ls", "--select=", "b"]),
            ["p", "ls", "--select=", "--select=b"]
        );
        assert_eq!(
            spread(&["p", "ls", "-mtag:a"]),
            ["p", "ls", "--models=tag:a"]
        );
        assert_eq!(
            spread(&["p", "ls", "-qs", "a", "b", "--manifest", "m"]),
            [
                "p",
                "ls",
                "-q",
                "--select=a",
                "--select=b",
                "--manifest",
                "m"
            ]
        );
    }

    #[test]
    fn other_commands_are_left_alone() {
        let line = ["p", "invoke", "--", "build", "--select", "a", "b"];
        assert_eq!(spread(&line), line);
    }

    #[derive(Debug, clap::Parser)]
    struct Ls {
        #[command(flatten)]
        args: LsArgs,
    }

    fn parse(args: &[&str]) -> LsArgs {
        let line = [&["p", "ls"], args].concat();
        let words = spread(&line);
        let words = words.iter().enumerate().filter(|(at, _)| *at != 1);
        let parsed = <Ls as clap::Parser>::try_parse_from(words.map(|(_, word)| word));
        parsed
            .unwrap_or_else(|error| panic!("{args:?}: {error}"))
            .args
    }

    #[test]
    fn every_flag_of_dbt_ls_is_taken_in_each_spelling() {
        for flag in Flag::all_of("ls").filter(|flag| !["--help", "--version"].contains(&flag.name))
        {
            let long = [&[flag.name], flag.also].concat();
            let letters = flag.letters.chars().map(|letter| format!("-{letter}"));
            let negation = flag.negatable.then(|| flag.name.replacen("--", "--no-", 1));
            let long = long.into_iter().map(str::to_owned);
            for spelling in long.chain(letters).chain(negation) {
                let value = match flag.name {
                    "--output" => "json",
                    "--indirect-selection" => "empty",
                    _ => "x",
                };
                match flag.kind {
                    Kind::Switch => parse(&[&spelling]),
                    Kind::Value | Kind::List => parse(&[&spelling, value]),
                };
            }
        }
    }

    #[test]
    fn flags_that_change_no_list_are_left_out_with_their_values() {
        let line = [
            "p",
            "ls",
            "--log-level",
            "debug",
            "-s",
            "a",
            "--defer",
            "-dx",
            "b",
        ];
        assert_eq!(spread(&line), ["p", "ls", "b", "--select=a"]);
        assert_eq!(
            spread(&["p", "ls", "--threads", "4"]),
            ["p", "ls", "--threads", "4"]
        );
        assert_eq!(
            spread(&["p", "ls", "-s", "a", "--version"]),
            ["p", "--version"]
        );
    }

    #[test]
    fn of_a_switch_the_last_word_counts() {
        assert!(parse(&["--no-quiet", "-q"]).quiet);
        assert!(!parse(&["-q", "--no-quiet"]).quiet);
        assert!(parse(&["--warn-error"]).warn_error);
    }
}
