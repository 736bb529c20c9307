//! `prefect-dbt doctor`.

use std::io::Write;
use std::path::PathBuf;

use crate::doctor::{DoctorOptions, DoctorReport, examine};
use crate::model::exit_codes;
use crate::outcome::Error;
use clap::{Args, ValueEnum};

use super::error_report::ErrorReport;

/// Check dbt, the project, the dbt profile and the connection to Prefect; say what is wrong and what to do.
///
/// Starts `dbt --version` and sends read-only requests to the Prefect API; changes nothing.
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct DoctorArgs {
    /// The dbt executable [env: PREFECT_DBT_EXECUTABLE] [default: the first of $VIRTUAL_ENV/bin/dbt, ./.venv/bin/dbt, and dbt
    /// in PATH].
    #[arg(
        long,
        value_name = "PATH",
        env = "PREFECT_DBT_EXECUTABLE",
        hide_env = true
    )]
    dbt: Option<PathBuf>,
    /// Folder with dbt_project.yml [env: DBT_PROJECT_DIR] [default: the working directory, or the nearest folder above it
    /// that has one].
    #[arg(long, value_name = "DIR")]
    project_dir: Option<PathBuf>,
    /// Folder with profiles.yml [env: DBT_PROFILES_DIR] [default: the working directory if it has one, otherwise ~/.dbt].
    #[arg(long, value_name = "DIR")]
    profiles_dir: Option<PathBuf>,
    /// Folder that dbt writes its artifacts to, relative to the project [env: DBT_TARGET_PATH] [default: `target-path` of
    /// dbt_project.yml, otherwise `target`].
    #[arg(long, value_name = "DIR")]
    target_path: Option<PathBuf>,
    /// Name of the dbt profile [env: DBT_PROFILE] [default: `profile` of dbt_project.yml].
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Name of the target [env: DBT_TARGET] [default: `target` of the profile].
    #[arg(long, short, value_name = "NAME")]
    target: Option<String>,
    /// Format of the report [default: text].
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        hide_default_value = true
    )]
    output: Form,
}

const AFTER_HELP: &str = "\
Examples:
  prefect-dbt doctor
  prefect-dbt doctor --project-dir shop --target prod --output json

Exit codes:
  0  no problem was found; there may be warnings
  2  something would make a run fail";

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Form {
    /// A line for each check, and what to do.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Writes the report to `out`, errors to `err`. Returns the exit code.
pub(crate) fn run(args: DoctorArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let form = args.output;
    match report(args) {
        Ok(report) => {
            // A closed stdout does not change the exit code.
            let _ = match form {
                Form::Text => write!(out, "{report}"),
                Form::Json => print_json(&report, out),
            };
            match report.ok {
                true => exit_codes::SUCCESS,
                false => exit_codes::CANNOT_RUN,
            }
        }
        Err(error) => {
            let report = ErrorReport::from(error);
            let _ = writeln!(err, "{report}");
            report.exit_code
        }
    }
}

/// Prints the fields in the order of the struct, which `Value` does not keep.
fn print_json(report: &DoctorReport, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

fn report(args: DoctorArgs) -> Result<DoctorReport, Error> {
    let mut options = DoctorOptions::from_env()?;
    options.dbt = args.dbt;
    options.settings.project_dir = args.project_dir.or(options.settings.project_dir);
    options.settings.profiles_dir = args.profiles_dir.or(options.settings.profiles_dir);
    options.settings.target_path = args.target_path.or(options.settings.target_path);
    options.profile = args.profile.or(options.profile);
    options.target = args.target.or(options.target);
    let prefect = prefect_client::Settings::from_env();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?
        .block_on(examine(&options, prefect))
}
