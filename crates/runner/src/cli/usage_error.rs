//! Errors of clap, with better advice for flags of dbt that are written before `--`.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::dbt::command_line::Flag;

/// The error for a flag of dbt among the options of prefect-dbt; `None` for any other error. clap would suggest the option
/// of prefect-dbt with the most similar name.
pub(super) fn misplaced_dbt_flag(command: &str, error: &clap::Error) -> Option<String> {
    let takes_dbt_arguments = matches!(command, "invoke" | "plan" | "deploy");
    if !takes_dbt_arguments || error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let ContextValue::String(given) = error.get(ContextKind::InvalidArg)? else {
        return None;
    };
    let name = given.split('=').next().unwrap_or_default();
    is_dbt_flag(name).then(|| {
        format!(
            "error: `{name}` is not an option of `prefect-dbt {command}`\n\n\
             hint: `{name}` is a flag of dbt: write it after `--`"
        )
    })
}

fn is_dbt_flag(name: &str) -> bool {
    match name.strip_prefix('-') {
        Some(long) if long.starts_with('-') => Flag::named(name).is_some(),
        Some(short) => short.chars().next().is_some_and(Flag::has_letter),
        None => false,
    }
}
