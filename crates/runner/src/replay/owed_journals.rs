//! The next run delivers the journals that earlier runs left: of killed processes, and of runs that ended while Prefect was away.

use std::path::Path;
use std::time::Duration;

use prefect_client::Client;

use super::deliver::deliver;
use super::error::ReplayError;
use super::headers::{headers, is_superseded};
use crate::model::{Notice, error_chain};
use crate::observe::Observer;
use crate::prefect::delivery::ReportOptions;
use crate::store::{Header, JOURNAL_FORMAT, JournalFolder, StoredJournal, read_header};

/// How long the server is asked whether it has everything, and an outage is waited out.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(30);

/// Delivers each journal in the folder that Prefect may lack. A journal without an end is that of a killed process: its open task
/// runs and the run become Crashed. Delivered journals are deleted, and one [`Notice::Recovered`] reports them. Ignored are
/// journals that are locked (their run goes on, or another process delivers them), and those of runs that are not reported, or
/// that are reported to another API. `rate` and `budget` are those of the run. Call it after the journal of the run itself was
/// created. If it is dropped, the next run delivers the rest.
pub(crate) async fn deliver_owed_journals(
    folder: &JournalFolder,
    client: &Client,
    (rate, budget): (Option<u32>, Option<u32>),
    observer: &dyn Observer,
) {
    let options = ReportOptions {
        verify_timeout: VERIFY_TIMEOUT,
        rate,
        budget,
        ..ReportOptions::default()
    };
    let runs = deliver_all(folder, client, &options).await;
    if runs > 0 {
        observer.on_notice(&Notice::Recovered { runs });
    }
}

/// Delivers the journals, the oldest first; gives how many.
async fn deliver_all(folder: &JournalFolder, client: &Client, options: &ReportOptions) -> usize {
    let found = folder.journals().unwrap_or_default();
    let headers = headers(&found);
    let mut delivered = 0;
    for path in &found {
        match deliver_one(path, &headers, client, options).await {
            Ok(true) => delivered += 1,
            Ok(false) => {}
            Err(error) => {
                let problem = error_chain(&error);
                tracing::debug!(problem, journal = %path.display(), "cannot deliver a journal");
                if is_outage(&error) {
                    // The next one would fail in the same way.
                    break;
                }
            }
        }
    }
    delivered
}

/// Delivers a journal if Prefect may lack it; true when all of it has arrived.
async fn deliver_one(
    path: &Path,
    headers: &[Header],
    client: &Client,
    options: &ReportOptions,
) -> Result<bool, ReplayError> {
    let taken = StoredJournal::lock(path).map_err(ReplayError::Unreadable)?;
    let Some(journal) = taken.filter(StoredJournal::is_locked) else {
        return Ok(false);
    };
    let header = read_header(path).map_err(ReplayError::Unreadable)?;
    let Some(header) = header.filter(|header| is_owed_to(client, header)) else {
        return Ok(false);
    };
    let reader = journal.reader().map_err(ReplayError::Unreadable)?;
    let is_superseded = is_superseded(&header, headers);
    let delivery = deliver(
        client,
        &header,
        reader,
        is_superseded,
        options.clone(),
        |_| {},
    )
    .await?;
    if let Some(problem) = delivery.problem {
        tracing::debug!(problem, journal = %path.display(), "a journal is not delivered completely");
        return Ok(false);
    }
    journal.delete().map_err(ReplayError::Unreadable)?;
    Ok(true)
}

/// Whether the run of a journal is reported to this API.
fn is_owed_to(client: &Client, header: &Header) -> bool {
    let is_for_this_api = header
        .api
        .as_ref()
        .is_none_or(|api| *api == client.api_url().to_string());
    is_for_this_api && header.format <= JOURNAL_FORMAT && header.flow.is_reported()
}

fn is_outage(error: &ReplayError) -> bool {
    matches!(error, ReplayError::Unreachable { source, .. } if source.is_temporary())
}
