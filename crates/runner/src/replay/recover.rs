//! Recovery: the next run delivers the journals of runs whose process was killed.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fs_err::File;
use prefect_client::Client;
use tokio::task::JoinHandle;

use super::deliver::deliver;
use super::headers::{headers, is_superseded, read_header};
use crate::model::{Effect, Notice, error_chain};
use crate::observe::Observer;
use crate::prefect::delivery::ReportOptions;
use crate::store::{Entry, Header, JOURNAL_FORMAT, JournalFolder, StoredJournal};

/// How long the server is asked whether it has everything, and an outage is waited out.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(30);

/// The delivery of journals of killed runs, in the background of another run. Dropping it stops the delivery; the next run
/// delivers the rest.
#[derive(Debug)]
#[must_use = "dropping it stops the delivery"]
pub struct KilledRuns(JoinHandle<()>);

/// Delivers the journals in the folder whose process was killed, in the background: their open task runs and the runs become
/// Crashed. Delivered journals are deleted, and one [`Notice::Recovered`] reports them. Journals of runs that are not reported, or
/// that are reported to another API, are ignored. `rate` and `budget` are those of the run. Call it within a tokio runtime, after
/// the journal of the run itself was created.
pub fn recover_killed_runs(
    folder: &JournalFolder,
    client: &Client,
    (rate, budget): (Option<u32>, Option<u32>),
    observer: &Arc<dyn Observer>,
) -> KilledRuns {
    let (folder, client, observer) = (folder.clone(), client.clone(), Arc::clone(observer));
    let options = ReportOptions {
        verify_timeout: VERIFY_TIMEOUT,
        rate,
        budget,
    };
    KilledRuns(tokio::spawn(async move {
        let recovered = recover(&folder, &client, &options).await;
        if recovered > 0 {
            observer.on_notice(&Notice::Recovered { runs: recovered });
        }
    }))
}

impl KilledRuns {
    /// Waits for the delivery, but no longer than `limit`.
    pub async fn finish(mut self, limit: Duration) {
        if tokio::time::timeout(limit, &mut self.0).await.is_err() {
            tracing::debug!("killed runs that are not delivered yet are left to the next run");
        }
    }
}

impl Drop for KilledRuns {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Delivers the journals of killed runs; gives how many.
async fn recover(folder: &JournalFolder, client: &Client, options: &ReportOptions) -> usize {
    let found = folder.journals().unwrap_or_default();
    let headers = headers(&found);
    let mut recovered = 0;
    for path in &found {
        match close(path, &headers, client, options).await {
            Ok(true) => recovered += 1,
            Ok(false) => {}
            Err(problem) => {
                tracing::debug!(problem, journal = %path.display(), "cannot deliver a killed run");
            }
        }
    }
    recovered
}

/// Delivers a journal if its process was killed; true when it was and all of it has arrived.
async fn close(
    path: &Path,
    headers: &[Header],
    client: &Client,
    options: &ReportOptions,
) -> Result<bool, String> {
    let text = |error: std::io::Error| error.to_string();
    let taken = StoredJournal::lock(path).map_err(text)?;
    let Some(journal) = taken.filter(StoredJournal::is_locked) else {
        return Ok(false);
    };
    let Some(header) = read_header(path).map_err(text)? else {
        return Ok(false);
    };
    let is_for_this_api = header
        .api
        .as_ref()
        .is_none_or(|api| *api == client.api_url().to_string());
    let is_reported_here =
        is_for_this_api && header.format <= JOURNAL_FORMAT && header.flow.is_reported();
    if !is_reported_here || has_end(path).map_err(text)? {
        return Ok(false);
    }
    let reader = journal.reader().map_err(text)?;
    let is_superseded = is_superseded(&header, headers);
    let delivery = deliver(
        client,
        &header,
        reader,
        is_superseded,
        options.clone(),
        |_| {},
    )
    .await
    .map_err(|error| error_chain(&error))?;
    if let Some(problem) = delivery.problem {
        return Err(problem);
    }
    journal.delete().map_err(text)?;
    Ok(true)
}

/// Whether the last line of the journal is the end of the run. Reads only the end of the file.
fn has_end(path: &Path) -> std::io::Result<bool> {
    const TAIL: u64 = 256 * 1024;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let last = tail
        .trim_ascii_end()
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let entry: Option<Entry> = serde_json::from_slice(last).ok();
    Ok(matches!(
        entry,
        Some(Entry::Effect(effect)) if matches!(*effect, Effect::RunFinished(_))
    ))
}
