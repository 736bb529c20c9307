//! `prefect-dbt doctor`.

use std::io::Write;
use std::path::PathBuf;

use crate::doctor::{DoctorOptions, DoctorReport, examine};
use crate::model::exit;
use crate::outcome::Error;
use clap::{Args, ValueEnum};

use super::error_report::ErrorReport;

/// Looks at dbt, project, profile and Prefect, and says what is wrong and what to do.
///
/// Exits with 0 when nothing is in the way of a run, else with 2.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The dbt executable.
    #[arg(long, value_name = "PATH", env = "PREFECT_DBT_EXECUTABLE")]
    dbt: Option<PathBuf>,
    /// The dbt project (else DBT_PROJECT_DIR).
    #[arg(long, value_name = "DIR")]
    project_dir: Option<PathBuf>,
    /// The folder of profiles.yml (else DBT_PROFILES_DIR).
    #[arg(long, value_name = "DIR")]
    profiles_dir: Option<PathBuf>,
    /// The profile, in place of the project's (else DBT_PROFILE).
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The target, in place of the profile's (else DBT_TARGET).
    #[arg(long, short, value_name = "NAME")]
    target: Option<String>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Form {
    #[default]
    Text,
    Json,
}

/// Writes the report to `out`, and what keeps it from being made to `err`. Gives back the exit code.
pub(crate) fn run(args: DoctorArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let form = args.output;
    match report(args) {
        Ok(report) => {
            // A reader that has gone away needs no report.
            let _ = match form {
                Form::Text => write!(out, "{report}"),
                Form::Json => print_json(&report, out),
            };
            match report.ok {
                true => exit::SUCCESS,
                false => exit::CANNOT_RUN,
            }
        }
        Err(error) => {
            let report = ErrorReport::from(error);
            let _ = writeln!(err, "{report}");
            report.exit_code
        }
    }
}

/// The report's fields in their own order, which `Value` would not keep.
fn print_json(report: &DoctorReport, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

fn report(args: DoctorArgs) -> Result<DoctorReport, Error> {
    let mut options = DoctorOptions::from_env()?;
    options.dbt = args.dbt;
    options.settings.project_dir = args.project_dir.or(options.settings.project_dir);
    options.settings.profiles_dir = args.profiles_dir.or(options.settings.profiles_dir);
    options.profile = args.profile.or(options.profile);
    options.target = args.target.or(options.target);
    let prefect = prefect_client::Settings::from_env();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?
        .block_on(examine(&options, prefect))
}
