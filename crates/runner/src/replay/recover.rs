//! What runs left whose process was killed: delivered by the next run.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fs_err::File;
use prefect_client::Client;
use tokio::task::JoinHandle;

use super::deliver::deliver;
use super::survey::{headers, is_superseded, read_header};
use crate::model::{Effect, FlowTarget, Notice};
use crate::observe::Observer;
use crate::prefect::delivery::ReportOptions;
use crate::store::{Entry, Header, JOURNAL_FORMAT, JournalFolder, StoredJournal};

/// How long the server is asked whether it has everything, and an outage is waited out.
const PATIENCE: Duration = Duration::from_secs(30);

/// Journals that are being delivered in the background of another run. Dropping it stops that; what is not delivered
/// by then stays for the run after this one.
#[derive(Debug)]
#[must_use = "dropping it stops the delivery"]
pub struct Leftovers(JoinHandle<()>);

/// Looks in the folder for journals at rest that lack the run's end, since their process was killed, and delivers
/// them in the background: their open task runs and the run become Crashed. What was delivered is deleted, and told
/// by one [`Notice::Recovered`]. Runs that were to be reported nowhere, or to another API, are left alone. `rate` and
/// `budget` are those of the run. To be called within a runtime, when the run's own journal is there.
pub fn leftovers(
    folder: &JournalFolder,
    client: &Client,
    (rate, budget): (Option<u32>, Option<u32>),
    observer: &Arc<dyn Observer>,
) -> Leftovers {
    let (folder, client, observer) = (folder.clone(), client.clone(), Arc::clone(observer));
    let options = ReportOptions {
        verify_timeout: PATIENCE,
        rate,
        budget,
    };
    Leftovers(tokio::spawn(async move {
        let recovered = recover(&folder, &client, &options).await;
        if recovered > 0 {
            observer.on_notice(&Notice::Recovered { runs: recovered });
        }
    }))
}

impl Leftovers {
    /// Gives the delivery so much more time; at once when there is nothing to deliver.
    pub async fn finish(mut self, patience: Duration) {
        if tokio::time::timeout(patience, &mut self.0).await.is_err() {
            tracing::debug!("what is not delivered yet is left to the next run");
        }
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Delivers what is found; gives how many runs were closed.
async fn recover(folder: &JournalFolder, client: &Client, options: &ReportOptions) -> usize {
    let found = folder.journals().unwrap_or_default();
    let headers = headers(&found);
    let mut recovered = 0;
    for path in &found {
        match close(path, &headers, client, options).await {
            Ok(true) => recovered += 1,
            Ok(false) => {}
            Err(problem) => {
                tracing::debug!(problem, journal = %path.display(), "a killed run stays open");
            }
        }
    }
    recovered
}

/// Delivers a journal if its process was killed; gives whether it was, and all of it has arrived.
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
    let goes_here = header
        .api
        .as_ref()
        .is_none_or(|api| *api == client.api_url().to_string());
    let is_ours = goes_here
        && header.format <= JOURNAL_FORMAT
        && !matches!(header.flow, FlowTarget::Nowhere { .. });
    if !is_ours || has_end(path).map_err(text)? {
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
    .map_err(|error| error.to_string())?;
    if let Some(problem) = delivery.problem {
        return Err(problem);
    }
    journal.delete().map_err(text)?;
    Ok(true)
}

/// Whether the journal's last line is the run's end. Only the end of the file is read.
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
