//! Flags with several values, taken apart as dbt does it.

use std::ffi::OsString;

/// The flags that take all that follows up to the next flag, and the names that they are given to clap by.
const FLAGS: [(&str, &str); 12] = [
    ("--select", "--select"),
    ("-s", "--select"),
    ("--models", "--models"),
    ("--model", "--models"),
    ("-m", "--models"),
    ("--exclude", "--exclude"),
    ("--resource-types", "--resource-type"),
    ("--resource-type", "--resource-type"),
    ("--exclude-resource-types", "--exclude-resource-type"),
    ("--exclude-resource-type", "--exclude-resource-type"),
    ("--output-keys", "--output-keys"),
    ("--output_keys", "--output-keys"),
];

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
    let mut rest = if is_ls { args.split_off(2) } else { Vec::new() }
        .into_iter()
        .peekable();
    while let Some(token) = rest.next() {
        if token == "--" {
            args.push(token);
            break;
        }
        let Some((flag, joined)) = token.to_str().and_then(flag_of) else {
            args.push(token);
            continue;
        };
        let Some(first) = joined.map(OsString::from).or_else(|| rest.next()) else {
            args.push(token);
            continue;
        };
        args.push(with_value(flag, first));
        while let Some(value) = rest.next_if(|next| !next.as_encoded_bytes().starts_with(b"-")) {
            args.push(with_value(flag, value));
        }
    }
    args.extend(rest);
    args
}

/// The flag that a token is, and the value that is joined to it.
fn flag_of(token: &str) -> Option<(&'static str, Option<&str>)> {
    FLAGS.into_iter().find_map(|(name, flag)| {
        let rest = token.strip_prefix(name)?;
        match rest.strip_prefix('=') {
            _ if rest.is_empty() => Some((flag, None)),
            // A short flag can have its value right behind it.
            _ if !name.starts_with("--") => Some((flag, Some(rest))),
            Some(value) => Some((flag, Some(value))),
            None => None,
        }
    })
}

fn with_value(flag: &str, value: OsString) -> OsString {
    let mut joined = OsString::from(flag);
    joined.push("=");
    joined.push(value);
    joined
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
    }

    #[test]
    fn other_commands_are_left_alone() {
        let line = ["p", "invoke", "--", "build", "--select", "a", "b"];
        assert_eq!(spread(&line), line);
    }
}
