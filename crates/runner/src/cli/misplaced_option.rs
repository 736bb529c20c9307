//! Options of prefect-dbt that are written after dbt's command, so that dbt gets them.

use clap::{Arg, Command};

use crate::dbt::CommandLine;

/// What to do about options of a command of ours that are among dbt's arguments, and that dbt does not have; `None` if there
/// are none. They stay where they are: a later dbt may have them.
pub(super) fn misplaced_options(command: &Command, dbt_args: &[String]) -> Option<String> {
    let line = CommandLine::parse(dbt_args);
    let mut found: Vec<&Arg> = Vec::new();
    for option in line
        .unknown_flags()
        .filter_map(|word| option_of(command, word))
    {
        if !found.contains(&option) {
            found.push(option);
        }
    }
    let names = joined(&found, ", ", |_| "");
    let example = joined(&found, " ", |option| {
        match option.get_action().takes_values() {
            true => " ..",
            false => "",
        }
    });
    let (ours, dbt_command) = (command.get_name(), line.command());
    let what = match found.as_slice() {
        [] => return None,
        [_] => "an option of prefect-dbt that follows",
        _ => "options of prefect-dbt that follow",
    };
    Some(format!(
        "dbt gets {names}, {what} dbt's command: write what is for prefect-dbt before it, as in `prefect-dbt {ours} {example} -- {dbt_command}`"
    ))
}

/// The option with the name of this word, if the help of the command shows it.
fn option_of<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let long = word.strip_prefix("--")?.split('=').next();
    let mut options = command.get_arguments().filter(|arg| !arg.is_hide_set());
    options.find(|option| option.get_long() == long)
}

fn joined(options: &[&Arg], between: &str, value: impl Fn(&Arg) -> &'static str) -> String {
    let names = options.iter().filter_map(|option| {
        let name = option.get_long()?;
        Some(format!("--{name}{}", value(option)))
    });
    names.collect::<Vec<_>>().join(between)
}
