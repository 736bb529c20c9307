//! Asks a dbt for its version.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use super::dbt_command::DbtCommand;
use super::launch::{LaunchPlan, SharedInterpreter};
use super::process::DbtProcess;
use super::watchdog::Aftercare;
use crate::model::error_chain;

/// What `dbt --version` prints.
#[derive(Debug)]
pub(super) struct VersionAnswer {
    /// Standard output and standard error, which older versions print to.
    pub(super) output: String,
    /// Why the launcher has given up, if it has.
    pub(super) note: String,
}

/// Runs `dbt --version`, by the launcher if there is a plan for it.
///
/// # Errors
/// When dbt does not start, fails, or takes longer than `limit`; the text says why.
pub(super) async fn version_answer(
    dbt: &Path,
    launch: Option<LaunchPlan>,
    limit: Duration,
) -> Result<VersionAnswer, String> {
    let process = DbtProcess::start(DbtCommand {
        program: dbt.to_owned(),
        args: vec!["--version".to_owned()],
        environment: Vec::new(),
        output: Vec::new(),
        launch,
        interpreter: SharedInterpreter::default(),
        aftercare: Aftercare::default(),
    });
    let process = process.map_err(|error| error_chain(&error))?;
    let group = process.group.clone();
    let all = async {
        tokio::join!(
            text_of(Some(process.stdout)),
            text_of(Some(process.stderr)),
            text_of(process.events),
            process.exit,
        )
    };
    let Ok((stdout, stderr, note, exit)) = tokio::time::timeout(limit, all).await else {
        group.kill();
        return Err(format!("no output within {} s", limit.as_secs()));
    };
    match exit.ok().and_then(|exit| exit.status) {
        Some(status) if status.success() => Ok(VersionAnswer {
            output: format!("{stdout}\n{stderr}"),
            note,
        }),
        status => {
            let status = status.map_or_else(|| "it ended".to_owned(), |status| status.to_string());
            let last = stderr.lines().last().unwrap_or_default();
            Err(format!("{status}; {last}"))
        }
    }
}

/// All that a pipe holds, until it ends.
async fn text_of(pipe: Option<impl Read + Send + 'static>) -> String {
    let Some(mut pipe) = pipe else {
        return String::new();
    };
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        // What was read before an error counts.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    read.await.unwrap_or_default()
}
