//! Stage 2, start: begin the journal and the report, then start dbt.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use super::admit::Admitted;
use super::asset_watch::AssetWatch;
use super::heal;
use super::history::expect;
use super::manifest_file::ManifestFile;
use super::prepare::Prepared;
use super::recorder::Recorder;
use super::run::Attempt;
use super::session::Session;
use super::target_lock::TargetLock;
use crate::dbt::DbtProcess;
use crate::dbt_retry::{self, OpenRecord};
use crate::model::{DbtStart, Effect, FlowRunRef, Level, LogLine, Notice};
use crate::outcome::Error;
use crate::prefect::delivery::Reporter;
use crate::request::Request;
use crate::selection::names_state;
use crate::store::{AttemptRecords, Header, JOURNAL_FORMAT, JournalFolder, JournalWriter};
use crate::track::{Redactor, Tracker, TrackerOptions};

/// An attempt whose dbt runs.
pub(super) struct Started {
    pub(super) session: Session,
    pub(super) prepared: Prepared,
    pub(super) lock: Option<TargetLock>,
    pub(super) recorder: Recorder,
    pub(super) process: DbtProcess,
}

impl Admitted {
    /// Starts dbt, then the report. If dbt cannot start, only the journal of the admission is left.
    pub(super) fn start(self, attempt: Attempt<'_>) -> Result<Started, Error> {
        let Attempt {
            request, observer, ..
        } = attempt;
        let Self {
            run_id,
            mut prepared,
            lock,
            connected,
            journal: mut admission,
        } = self;
        let is_unreported = connected.reporter.is_none() && prepared.args.has_command();
        if is_unreported && !request.flow.declined {
            observer.on_notice(&Notice::Unconfigured);
        }
        let folder = prepared.folder.clone();
        let ids = (run_id, connected.flow_run.owned_id());
        let open_record = record_attempt(request, &prepared, ids);
        let handle = lock.as_ref().and_then(|lock| lock.handle().ok());
        let job = connected.reporter.as_ref().map(Reporter::job_variables);
        prepared.job = job.unwrap_or_default();
        let command = prepared.command(request, handle);
        let process = DbtProcess::start(command).inspect_err(|_| {
            admission.leave_to(&request.attempt);
            if let Some(folder) = &folder {
                AttemptRecords::beside(folder.dir()).remove(run_id);
            }
        })?;
        let target = connected.flow_run;
        let start = Some(prepared.start(&process));
        let mut journal = begin_journal(request, (run_id, start), target.clone(), folder.as_ref());
        admission.delete();
        if let Some(problem) = journal.problem() {
            observer.on_warning(&format!(
                "cannot write the journal of this run, which stays in memory: {problem}"
            ));
        }
        note_attempt(&mut journal, request, &prepared);
        let has_ledger = connected
            .reporter
            .as_ref()
            .is_some_and(Reporter::has_ledger);
        let session = Session::open(
            attempt,
            (run_id, target),
            connected.reporter,
            folder,
            &journal,
        );
        expect(attempt, &prepared, run_id);
        let mut recorder = recorder(attempt, &prepared, (run_id, has_ledger), journal);
        recorder.open_record = open_record;
        Ok(Started {
            session,
            prepared,
            lock,
            recorder,
            process,
        })
    }
}

/// The journal of an attempt, with its header: `start` is how dbt is started, if it is.
pub(super) fn begin_journal(
    request: &Request,
    (run_id, start): (Uuid, Option<DbtStart>),
    flow: FlowRunRef,
    folder: Option<&JournalFolder>,
) -> JournalWriter {
    let api = request.client.as_ref();
    let api = api.map(|client| client.api_url().to_string());
    let header = Header {
        format: JOURNAL_FORMAT,
        run_id,
        attempt: request.attempt.number,
        key: request.attempt.key,
        created: Timestamp::now(),
        args: request.args.clone(),
        api: api.filter(|_| flow.is_reported()),
        start,
        flow,
        is_part: request.shared.is_some(),
    };
    match folder {
        Some(folder) => JournalWriter::begin(folder.create(run_id), &header),
        None => JournalWriter::in_memory(&header),
    }
}

/// Logs what this attempt runs, where that differs from what the user wrote.
fn note_attempt(journal: &mut JournalWriter, request: &Request, prepared: &Prepared) {
    let attempt = request.attempt.note.clone();
    let parse = request.attempt.parse_note.clone();
    let guard = prepared.guard.as_ref().and_then(|guard| guard.note());
    let level = request.settings.level_of(&prepared.args);
    let lines = attempt
        .into_iter()
        .chain(parse)
        .chain(guard)
        .map(|message| Effect::Log(LogLine::new(Timestamp::now(), Level::Info, message, None)));
    journal.append(lines.filter(|_| level.includes(Level::Info)));
}

/// Records that the attempt runs, so that a later `dbt retry` knows of it if its process is killed.
fn record_attempt(
    request: &Request,
    prepared: &Prepared,
    ids: (Uuid, Option<Uuid>),
) -> Option<OpenRecord> {
    let records = AttemptRecords::beside(prepared.folder.as_ref()?.dir());
    let guard = prepared.guard.as_ref();
    dbt_retry::save_started(ids, request, &prepared.project, guard, records)
}

/// The manifest of an attempt, with all fields only if something may read them.
fn manifest_file(attempt: Attempt<'_>, prepared: &Prepared) -> ManifestFile {
    let Attempt {
        request, observer, ..
    } = attempt;
    let file = ManifestFile::new(
        &prepared.project.target,
        &prepared.args,
        prepared.capabilities,
    );
    let assets = request.assets.as_ref();
    let has_hook = assets.is_some_and(|assets| assets.key.is_some());
    let is_compared = names_state(request.original_line());
    match request.keep_artifacts || has_hook || is_compared || observer.wants_manifest() {
        true => file,
        false => file.with_few_fields(),
    }
}

fn recorder(
    attempt: Attempt<'_>,
    prepared: &Prepared,
    (run_id, has_ledger): (Uuid, bool),
    journal: JournalWriter,
) -> Recorder {
    let Attempt {
        request, observer, ..
    } = attempt;
    let level = request.settings.level_of(&prepared.args);
    let target = &prepared.project.target;
    let options = TrackerOptions::new(run_id)
        .attempt(request.attempt.number)
        .earlier(Arc::clone(&request.attempt.earlier))
        .level(level)
        .command(&prepared.args.command)
        .heal(heal::policy(attempt, prepared));
    Recorder {
        tracker: Tracker::new(options),
        assets: AssetWatch::new(request, &prepared.args, target),
        is_journal_lost: journal.problem().is_some(),
        journal,
        redactor: Redactor::new(
            prepared
                .secrets()
                .iter()
                .map(|secret| secret.value.expose()),
        ),
        observer: observer.clone(),
        target: target.clone(),
        command: prepared.args.command.clone(),
        level,
        manifest_file: manifest_file(attempt, prepared),
        held: Vec::new(),
        keeps_artifacts: request.keep_artifacts,
        manifest: None,
        effects: Vec::new(),
        lines: Vec::new(),
        open_record: None,
        has_ledger,
        schedule: None,
        cancelled: watch::Sender::default(),
        scheduled: None,
    }
}
