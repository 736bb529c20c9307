//! `prefect-dbt render-profiles`.

use std::io::Write;
use std::path::PathBuf;

use crate::model::{error_chain, exit_codes};
use crate::outcome::{Error, client_from_env};
use crate::profiles::Preview;
use crate::request::PrefectDbtSettings;
use clap::Args;

use super::error_report::ErrorReport;

/// Print profiles.yml as dbt gets it, with references to Prefect filled in; secrets are shown as *****.
///
/// References are `{{ prefect.variables.NAME }}`, `{{ prefect.blocks.TYPE.NAME }}` and `{{ prefect.blocks.TYPE.NAME.FIELD }}`, such
/// as `{{ prefect.blocks.secret.warehouse }}`. Other Jinja, such as env_var(), is left to dbt.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct RenderProfilesArgs {
    /// Folder with profiles.yml [env: DBT_PROFILES_DIR] [default: the working directory if it has one, otherwise ~/.dbt].
    #[arg(long, value_name = "DIR")]
    profiles_dir: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt render-profiles
  prefect-dbt render-profiles --profiles-dir config

Exit codes:
  0  the file is printed; nothing is printed if it has no reference to Prefect
  2  the file does not exist or is invalid, or refers to a block or variable that does not exist
  3  the file refers to Prefect, and Prefect is not configured or not reachable";

/// Writes the rendered text to `out`, warnings and errors to `err`. Returns the exit code.
pub(crate) fn run(args: RenderProfilesArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    match preview(args, err) {
        // A closed stdout does not change the exit code.
        Ok(preview) => {
            for warning in &preview.warnings {
                let _ = writeln!(err, "warning: {warning}");
            }
            let _ = match preview.text {
                Some(text) => write!(out, "{text}"),
                None => writeln!(
                    err,
                    "{} has no reference to Prefect; dbt reads the file unchanged",
                    preview.file.display()
                ),
            };
            exit_codes::SUCCESS
        }
        Err(error) => {
            let report = ErrorReport::from(error);
            let _ = writeln!(err, "{report}");
            report.exit_code
        }
    }
}

fn preview(args: RenderProfilesArgs, err: &mut dyn Write) -> Result<Preview, Error> {
    let mut settings = PrefectDbtSettings::from_env()?;
    settings.profiles_dir = args.profiles_dir.or(settings.profiles_dir);
    let client = match client_from_env() {
        Err(error @ Error::Settings(_)) => {
            let _ = writeln!(err, "warning: {}", error_chain(&error));
            None
        }
        client => client?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    Ok(runtime.block_on(Preview::from_env(&settings, client.as_ref()))?)
}
