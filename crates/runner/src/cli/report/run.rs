//! Runs the command: finds the run, makes the page, and writes it.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use prefect_client::Settings;

use super::args::{Form, ReportArgs};
use super::error::PageError;
use super::source::Source;
use crate::cli::error_report::ErrorReport;
use crate::model::exit_codes;
use crate::page::{Page, RunFacts, chrome_trace, html, markdown};

/// Writes the page to the file of `args` or to `out`, errors to `err`. Returns the exit code.
pub(crate) fn run(args: &ReportArgs, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    match write(args, out) {
        Ok(()) => exit_codes::SUCCESS,
        Err(error) => {
            let report = ErrorReport::from(error);
            // There is no other place to report a failed write.
            let _ = writeln!(err, "{report}");
            report.exit_code
        }
    }
}

fn write(args: &ReportArgs, out: &mut dyn Write) -> Result<(), PageError> {
    let source = Source::find(args)?;
    let link = link(&source.facts);
    let page = Page::new(
        source.facts,
        source.manifest.as_deref(),
        &source.history,
        link,
    );
    let text = match args.output {
        Form::Html => html(&page),
        Form::Markdown => markdown(&page),
        Form::Json => format!("{}\n", serde_json::json!(page)),
        Form::ChromeTrace => format!("{}\n", chrome_trace(&page)),
    };
    let Some(path) = &args.file else {
        return match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(PageError::Write {
                path: PathBuf::from("standard output"),
                source: error,
            }),
            _ => Ok(()),
        };
    };
    std::fs::write(path, text).map_err(|source| PageError::Write {
        path: path.clone(),
        source,
    })
}

/// The page of the flow run: that of the history, or that of the API that is configured, if the run was reported to it.
fn link(facts: &RunFacts) -> Option<String> {
    facts.url.clone().or_else(|| configured_link(facts))
}

fn configured_link(facts: &RunFacts) -> Option<String> {
    let settings = Settings::from_env().ok()?;
    let api = settings.api_url.as_ref()?.to_string();
    let is_same = facts.api.as_deref().is_some_and(|of_run| of_run == api);
    settings
        .flow_run_page(facts.flow_run_id?)
        .filter(|_| is_same)
}
