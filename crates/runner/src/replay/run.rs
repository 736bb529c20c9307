//! Replays a file or a folder.

use std::path::{Path, PathBuf};

use fs_err::File;
use prefect_client::Client;
use uuid::Uuid;

use super::artifacts_of_log::Artifacts;
use super::deliver::deliver;
use super::error::ReplayError;
use super::from_log::write_journal;
use super::headers::{headers, is_superseded};
use super::log::{LoggedRun, scan};
use super::options::ReplayOptions;
use crate::model::{Delivery, FlowRunRef, NewFlowRun};
use crate::observe::Observer;
use crate::prefect::delivery::ReportOptions;
use crate::prefect::flow_run::flow_run_name;
use crate::store::{
    Header, INCOMPLETE, JOURNAL_DIR, JOURNAL_FORMAT, JournalFolder, StoredJournal, read_header,
};

/// The result of the replay of one run.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReplayedRun {
    /// The file of the run.
    pub source: PathBuf,
    /// Id of the run; `None` for a file that is not a journal.
    pub run_id: Option<Uuid>,
    /// The delivery, or why the run could not be delivered.
    pub result: Result<Delivery, ReplayError>,
    /// Whether its journal was deleted.
    pub is_deleted: bool,
}

impl ReplayedRun {
    fn new(source: &Path, run_id: Option<Uuid>, result: Result<Delivery, ReplayError>) -> Self {
        Self {
            source: source.to_path_buf(),
            run_id,
            result,
            is_deleted: false,
        }
    }

    /// Whether the server has confirmed all of it.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.result.as_ref().is_ok_and(|delivery| delivery.verified)
    }
}

/// Delivers what the server does not have of a journal, of every journal in a folder (or in `.prefect-dbt` in it), or of the
/// invocations in a log that dbt wrote as JSON. A file that is skipped causes a warning. In a folder, runs that were not reported are skipped
/// unless [`ReplayOptions::include_unreported`] is set.
///
/// May be interrupted and repeated. A journal that was delivered and confirmed is deleted; logs of dbt are kept.
///
/// # Errors
/// When the file or folder cannot be read. Whether a run could be delivered says its [`ReplayedRun`].
pub async fn replay(
    path: &Path,
    client: &Client,
    options: &ReplayOptions,
    observer: &dyn Observer,
) -> Result<Vec<ReplayedRun>, ReplayError> {
    let replay = Replay {
        client,
        options,
        observer,
    };
    if path.extension().is_some_and(|found| found == INCOMPLETE) {
        let path = path.to_path_buf();
        return Err(ReplayError::Incomplete { path });
    }
    let found = File::open(path).and_then(|file| file.metadata());
    if found.map_err(ReplayError::Unreadable)?.is_dir() {
        return replay.folder(path).await;
    }
    match read_header(path).map_err(ReplayError::Unreadable)? {
        Some(header) => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            let siblings = headers(&JournalFolder::at(folder).journals().unwrap_or_default());
            Ok(vec![replay.journal(path, header, &siblings).await])
        }
        None => replay.log(path).await,
    }
}

struct Replay<'a> {
    client: &'a Client,
    options: &'a ReplayOptions,
    observer: &'a dyn Observer,
}

impl Replay<'_> {
    /// Every journal in the folder, the oldest first: so the attempts of a flow run are in order.
    async fn folder(&self, path: &Path) -> Result<Vec<ReplayedRun>, ReplayError> {
        let own = path.join(JOURNAL_DIR);
        let folder = JournalFolder::at(if own.is_dir() { &own } else { path });
        let found = folder.journals().map_err(ReplayError::Unreadable)?;
        for path in folder.incomplete().unwrap_or_default() {
            let error = ReplayError::Incomplete { path };
            self.observer.on_warning(&format!("skipping {error}"));
        }
        let siblings = headers(&found);
        let mut runs = Vec::new();
        let mut unreported = 0;
        for path in &found {
            let run = match read_header(path) {
                Ok(Some(header)) if !self.is_wanted(&header) => {
                    unreported += 1;
                    continue;
                }
                Ok(Some(header)) => self.journal(path, header, &siblings).await,
                Ok(None) => ReplayedRun::new(path, None, Err(ReplayError::no_journal(path))),
                Err(error) => ReplayedRun::new(path, None, Err(ReplayError::Unreadable(error))),
            };
            match run.result {
                // The process that has locked it delivers it.
                Err(ReplayError::Busy { .. }) => self.observer.on_warning(&format!(
                    "skipping {}: it is in use by a run or by another replay",
                    path.display()
                )),
                Err(ReplayError::Unreachable { .. }) => {
                    // The next one would fail in the same way.
                    runs.push(run);
                    break;
                }
                _ => runs.push(run),
            }
        }
        if unreported > 0 {
            self.observer.on_warning(&format!(
                "skipping runs that were not to be reported: {unreported}; to deliver them, give --include-unreported"
            ));
        }
        Ok(runs)
    }

    /// Whether a journal that was found in a folder is delivered.
    fn is_wanted(&self, header: &Header) -> bool {
        header.flow.is_reported() || self.options.include_unreported
    }

    async fn journal(&self, path: &Path, header: Header, siblings: &[Header]) -> ReplayedRun {
        let run_id = header.run_id;
        let mut run = ReplayedRun::new(path, Some(run_id), Err(busy(path)));
        let journal = match self.lock(path, &header) {
            Ok(journal) => journal,
            Err(error) => {
                run.result = Err(error);
                return run;
            }
        };
        let here = self.client.api_url().to_string();
        if let Some(there) = header.api.as_ref().filter(|api| **api != here) {
            self.observer.on_warning(&format!(
                "{} was written for the API at {there}, and is delivered to the API at {here}",
                path.display()
            ));
        }
        let is_superseded = is_superseded(&header, siblings);
        let header = self.named(header);
        run.result = match journal.reader() {
            Ok(reader) => self.deliver(&header, reader, is_superseded).await,
            Err(error) => Err(ReplayError::Unreadable(error)),
        };
        if run.is_delivered() && !self.options.keep {
            match journal.delete() {
                Ok(()) => run.is_deleted = true,
                Err(error) => self.observer.on_warning(&error.to_string()),
            }
        }
        run
    }

    fn lock(&self, path: &Path, header: &Header) -> Result<StoredJournal, ReplayError> {
        if header.format > JOURNAL_FORMAT {
            return Err(ReplayError::Newer {
                path: path.to_path_buf(),
                format: header.format,
            });
        }
        let locked = StoredJournal::lock(path).map_err(ReplayError::Unreadable)?;
        locked.ok_or_else(|| busy(path))
    }

    /// Every invocation in a log of dbt.
    async fn log(&self, path: &Path) -> Result<Vec<ReplayedRun>, ReplayError> {
        let logged = scan(path)?;
        let artifacts = Artifacts::read(self.options.manifest.as_deref(), path)?;
        let mut runs = Vec::new();
        for run in &logged {
            let result = self.invocation(path, run, &artifacts).await;
            let is_unreachable = matches!(result, Err(ReplayError::Unreachable { .. }));
            runs.push(ReplayedRun::new(path, Some(run.run_id()), result));
            if is_unreachable {
                break;
            }
        }
        Ok(runs)
    }

    async fn invocation(
        &self,
        path: &Path,
        run: &LoggedRun,
        artifacts: &Artifacts,
    ) -> Result<Delivery, ReplayError> {
        if !run.is_detailed() {
            return Err(ReplayError::NotDetailed {
                path: path.to_path_buf(),
                invocation_id: run.invocation_id.clone(),
            });
        }
        if let (_, Some(warning)) = artifacts.manifest(&run.invocation_id) {
            self.observer.on_warning(&warning);
        }
        let place = tempfile::tempdir().map_err(ReplayError::Unreadable)?;
        let flow = FlowRunRef::NotReported(NewFlowRun {
            flow_name: None,
            flow_run_name: flow_run_name(run.run_id()),
            tags: Vec::new(),
        });
        let level = self.options.log_level;
        let folder = JournalFolder::at(place.path());
        let (header, journal) = write_journal(path, run, artifacts, flow, level, &folder)
            .map_err(ReplayError::Unreadable)?;
        self.deliver(&self.named(header), journal, false).await
    }

    /// The header with the names in the options, for a run that was not reported.
    fn named(&self, mut header: Header) -> Header {
        if let FlowRunRef::NotReported(run) = &mut header.flow {
            let options = self.options;
            run.flow_name = options.flow_name.clone().or(run.flow_name.take());
            if let Some(name) = &options.flow_run_name {
                run.flow_run_name.clone_from(name);
            }
            if !options.tags.is_empty() {
                run.tags.clone_from(&options.tags);
            }
        }
        header
    }

    async fn deliver(
        &self,
        header: &Header,
        journal: crate::store::JournalReader,
        is_superseded: bool,
    ) -> Result<Delivery, ReplayError> {
        deliver(
            self.client,
            header,
            journal,
            is_superseded,
            ReportOptions {
                verify_timeout: self.options.verify_timeout,
                rate: self.options.rate,
                budget: self.options.budget,
                ..ReportOptions::default()
            },
            |notice| self.observer.on_notice(&notice),
        )
        .await
    }
}

fn busy(path: &Path) -> ReplayError {
    ReplayError::Busy {
        path: path.to_path_buf(),
    }
}
