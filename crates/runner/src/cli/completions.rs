//! `prefect-dbt completions`.

use std::io::{self, Write};

use clap::{Args, Command, ValueEnum};
use clap_complete::{Generator, Shell};

use crate::model::exit_codes;

/// Print a script that completes the options of prefect-dbt in a shell.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: ShellName,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt completions bash > ~/.local/share/bash-completion/completions/prefect-dbt
  prefect-dbt completions zsh > ~/.zfunc/_prefect-dbt        (a folder in fpath)
  prefect-dbt completions fish > ~/.config/fish/completions/prefect-dbt.fish";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShellName {
    Bash,
    Zsh,
    Fish,
}

/// Writes the script for a command to `out`. Returns the exit code.
pub(crate) fn run(args: &CompletionsArgs, mut command: Command, out: &mut dyn Write) -> u8 {
    let shell = match args.shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
    };
    command.set_bin_name(command.get_name().to_owned());
    command.build();
    // A closed stdout does not change the exit code.
    let _: io::Result<()> = shell.try_generate(&command, out);
    exit_codes::SUCCESS
}
