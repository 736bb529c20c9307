//! Flags with several values, taken apart as dbt does it.

use std::ffi::OsString;

use crate::dbt::CommandLine;

/// Gives each value of such a flag a flag of its own, if the command line is one of `ls`: `--select a b` becomes
/// `--select=a --select=b`.
///
/// The first value may begin with a hyphen, and more values may follow one that is joined with `=`: dbt takes both, clap
/// neither.
pub(crate) fn spread_values(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let is_ls = args
        .get(1)
        .is_some_and(|command| command == "ls" || command == "list");
    let line: Option<Vec<&str>> = args.iter().skip(1).map(|word| word.to_str()).collect();
    if let Some(line) = line.filter(|_| is_ls) {
        let mut line = CommandLine::parse(&line);
        line.spread_lists();
        let words = line.to_words();
        args.splice(1.., words.into_iter().map(OsString::from));
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(line: &[&str]) -> Vec<String> {
        let spread = spread_values(line.iter().map(OsString::from));
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
}
