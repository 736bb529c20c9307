//! Separates the options of `invoke` from dbt's arguments.

use std::ffi::OsString;

use clap::{Args, Command};

use super::invoke_args::InvokeArgs;

/// Puts a `--` before the first positional argument of `invoke`, so that clap passes all arguments from there on to dbt.
/// clap refuses unknown options before it.
pub(crate) fn mark_dbt_arguments(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_none_or(|command| command != "invoke") {
        return args;
    }
    let options = InvokeArgs::augment_args(Command::new("invoke"));
    let mut at = 2;
    while let Some(token) = args.get(at).map(|token| token.to_string_lossy()) {
        if token == "--" {
            break;
        }
        if !token.starts_with('-') || token == "-" {
            args.insert(at, "--".into());
            break;
        }
        at += if takes_next(&options, &token) { 2 } else { 1 };
    }
    args
}

/// Whether the token after this one is its value.
fn takes_next(options: &Command, token: &str) -> bool {
    let mut all = options.get_arguments();
    all.find(|option| option.get_long().is_some() && option.get_long() == token.strip_prefix("--"))
        .is_some_and(|option| option.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_from_the_first_positional_on_belong_to_dbt() {
        let cases = [
            ("invoke build --quiet", "invoke -- build --quiet"),
            ("invoke -- --version", "invoke -- --version"),
            ("invoke --quiet build", "invoke --quiet -- build"),
            (
                "invoke --tag a --tag b run -s x",
                "invoke --tag a --tag b -- run -s x",
            ),
            ("invoke --tag=a run -- x", "invoke --tag=a -- run -- x"),
            ("invoke --dbt build run", "invoke --dbt build -- run"),
            (
                "invoke --full-refresh build",
                "invoke --full-refresh -- build",
            ),
            ("invoke", "invoke"),
            ("invoke --tag", "invoke --tag"),
            ("ls build", "ls build"),
        ];
        for (given, wanted) in cases {
            let line = format!("prefect-dbt {given}");
            let split = mark_dbt_arguments(line.split(' ').map(OsString::from).collect());
            let words: Vec<_> = split[1..]
                .iter()
                .map(|word| word.to_string_lossy())
                .collect();
            assert_eq!(words.join(" "), wanted);
        }
    }
}
