//! `prefect-dbt man`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command};

use super::error_report::ErrorReport;
use crate::model::exit_codes;

/// Write the manual pages of all commands to a folder.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ManArgs {
    /// Folder for the pages; it is created if it does not exist.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt man ~/.local/share/man/man1
  man prefect-dbt-invoke";

/// The manual pages cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the manual pages to {}", folder.display())]
pub(super) struct ManError {
    folder: PathBuf,
    source: io::Error,
}

impl ManError {
    /// What the user can do.
    pub(super) fn help(&self) -> String {
        "give a folder that you may write to".to_owned()
    }
}

/// Writes the pages of a command and its subcommands. Returns the exit code.
pub(crate) fn run(args: ManArgs, command: Command, err: &mut dyn Write) -> u8 {
    match write(command, &args.folder) {
        Ok(()) => exit_codes::SUCCESS,
        Err(source) => {
            let report = ErrorReport::from(ManError {
                folder: args.folder,
                source,
            });
            // A closed stderr does not change the exit code.
            let _ = writeln!(err, "{report}");
            report.exit_code
        }
    }
}

fn write(command: Command, folder: &Path) -> io::Result<()> {
    fs_err::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}
