//! Replaying a file or a folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::File;
use prefect_client::Client;
use uuid::Uuid;

use super::artifacts::Artifacts;
use super::deliver::deliver;
use super::error::ReplayError;
use super::from_log::write_journal;
use super::log::{LoggedRun, scan};
use super::survey::{headers, is_superseded, read_header};
use crate::model::{Delivery, FlowTarget, LogLevel};
use crate::observe::Observer;
use crate::prefect::delivery::ReportOptions;
use crate::prefect::flow_run::flow_run_name;
use crate::store::{Header, JOURNAL_DIR, JOURNAL_FORMAT, JournalFolder, StoredJournal};

/// How a replay is done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplayOptions {
    /// The manifest of a log of dbt's; looked for beside it when not given.
    pub manifest: Option<PathBuf>,
    /// Name of the flow for a run that was reported nowhere; `dbt <command>` when not given.
    pub flow_name: Option<String>,
    /// Name of the flow run for such a run.
    pub flow_run_name: Option<String>,
    /// Tags of the flow run for such a run.
    pub tags: Vec<String>,
    /// The lowest level of log lines that are taken from a log of dbt's.
    pub log_level: LogLevel,
    /// At most so many log lines and events a minute.
    pub rate: Option<u32>,
    /// At most so many log lines and events for each run, ends of nodes excepted.
    pub budget: Option<u32>,
    /// How long the server is asked whether it has everything, and an outage is waited out.
    pub verify_timeout: Duration,
    /// Whether journals that were delivered stay.
    pub keep: bool,
}

impl Default for ReplayOptions {
    fn default() -> Self {
        Self {
            manifest: None,
            flow_name: None,
            flow_run_name: None,
            tags: Vec::new(),
            log_level: LogLevel::Info,
            rate: None,
            budget: None,
            verify_timeout: Duration::from_secs(120),
            keep: false,
        }
    }
}

/// What became of one run.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReplayedRun {
    /// The file that it was in.
    pub source: PathBuf,
    /// Identity of the run, where there is one.
    pub run_id: Option<Uuid>,
    /// What became of it.
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

    /// Whether the server was seen to hold all of it.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.result.as_ref().is_ok_and(|delivery| delivery.verified)
    }
}

/// Delivers what the server lacks of a journal, of every journal in a folder (a project's own will be found in it) or of
/// the invocations in a log that dbt wrote as JSON. What is passed over is told as a warning.
///
/// May be interrupted and repeated. A journal that was delivered and verified is deleted; logs of dbt's stay.
///
/// # Errors
/// When the file or folder cannot be read. That a run could not be delivered is told in its [`ReplayedRun`].
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
    /// Every journal in the folder, the oldest first: so attempts come in their order.
    async fn folder(&self, path: &Path) -> Result<Vec<ReplayedRun>, ReplayError> {
        let own = path.join(JOURNAL_DIR);
        let folder = JournalFolder::at(if own.is_dir() { &own } else { path });
        let found = folder.journals().map_err(ReplayError::Unreadable)?;
        let siblings = headers(&found);
        let mut runs = Vec::new();
        for path in &found {
            let run = match read_header(path) {
                Ok(Some(header)) => self.journal(path, header, &siblings).await,
                Ok(None) => ReplayedRun::new(path, None, Err(ReplayError::no_journal(path))),
                Err(error) => ReplayedRun::new(path, None, Err(ReplayError::Unreadable(error))),
            };
            match run.result {
                // Whoever has it delivers it.
                Err(ReplayError::Busy { .. }) => self.observer.on_warning(&format!(
                    "{} is skipped: it is in use by a run or by another replay",
                    path.display()
                )),
                Err(ReplayError::Unreachable { .. }) => {
                    // The next one would fare no better.
                    runs.push(run);
                    break;
                }
                _ => runs.push(run),
            }
        }
        Ok(runs)
    }

    async fn journal(&self, path: &Path, header: Header, siblings: &[Header]) -> ReplayedRun {
        let run_id = header.run_id;
        let mut run = ReplayedRun::new(path, Some(run_id), Err(busy(path)));
        let journal = match self.take(path, &header) {
            Ok(journal) => journal,
            Err(error) => {
                run.result = Err(error);
                return run;
            }
        };
        let here = self.client.api_url().to_string();
        if let Some(there) = header.api.as_ref().filter(|api| **api != here) {
            self.observer.on_warning(&format!(
                "{} was written for the API at {there}; it is delivered to the one at {here}",
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

    fn take(&self, path: &Path, header: &Header) -> Result<StoredJournal, ReplayError> {
        if header.format > JOURNAL_FORMAT {
            return Err(ReplayError::Newer {
                path: path.to_path_buf(),
                format: header.format,
            });
        }
        let taken = StoredJournal::lock(path).map_err(ReplayError::Unreadable)?;
        taken.ok_or_else(|| busy(path))
    }

    /// Every invocation in a log of dbt's.
    async fn log(&self, path: &Path) -> Result<Vec<ReplayedRun>, ReplayError> {
        let logged = scan(path)?;
        let artifacts = Artifacts::read(self.options.manifest.as_deref(), path)?;
        let mut runs = Vec::new();
        for run in &logged {
            let result = self.invocation(path, run, &artifacts).await;
            let is_away = matches!(result, Err(ReplayError::Unreachable { .. }));
            runs.push(ReplayedRun::new(path, Some(run.run_id()), result));
            if is_away {
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
        if let (_, Some(doubt)) = artifacts.manifest(&run.invocation_id) {
            self.observer.on_warning(&doubt);
        }
        let place = tempfile::tempdir().map_err(ReplayError::Unreadable)?;
        let flow = FlowTarget::Nowhere {
            key: None,
            flow_name: None,
            flow_run_name: flow_run_name(run.run_id()),
            tags: Vec::new(),
        };
        let level = self.options.log_level;
        let folder = JournalFolder::at(place.path());
        let (header, journal) = write_journal(path, run, artifacts, flow, level, &folder)
            .map_err(ReplayError::Unreadable)?;
        self.deliver(&self.named(header), journal, false).await
    }

    /// The user's names for a run that has no flow run yet.
    fn named(&self, mut header: Header) -> Header {
        if let FlowTarget::Nowhere {
            flow_name,
            flow_run_name,
            tags,
            ..
        } = &mut header.flow
        {
            let options = self.options;
            *flow_name = options.flow_name.clone().or(flow_name.take());
            if let Some(name) = &options.flow_run_name {
                flow_run_name.clone_from(name);
            }
            if !options.tags.is_empty() {
                tags.clone_from(&options.tags);
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
