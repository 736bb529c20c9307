//! One invocation, step by step.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dbt_events::RawLine;
use dbt_templating::RenderOptions;
use jiff::Timestamp;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::assets::AssetWatch;
use super::preflight;
use super::recorder::{Closing, Recorder};
use super::report::{Report, connect};
use super::stopping::stop_when_asked;
use super::verdict::{Verdict, judge};
use crate::args::DbtArgs;
use crate::dbt::{DbtCommand, DbtProcess, Ended, Group, Wanted, child_environment, find_dbt, pump};
use crate::effect::{
    Effect, FlowTarget, Header, JOURNAL_FORMAT, LogLine, RunEnd, State, StateKind,
};
use crate::error::Error;
use crate::invocation::Invocation;
use crate::journal::{JOURNAL_DIR, JournalFolder, JournalWriter};
use crate::observer::Observer;
use crate::outcome::Outcome;
use crate::profiles::{RenderedProfiles, find_profiles_dir};
use crate::project::Project;
use crate::redact::Redactor;
use crate::report::Notice;
use crate::settings::LogLevel;
use crate::stop::{StopCause, Stopper};
use crate::summary::markdown;
use crate::surroundings::Surroundings;
use crate::track::{ProcessEnd, Tracker, TrackerOptions, closing_line};

/// How long dbt's pipes are read after its end: something that it started may hold them for ever.
const DRAIN: Duration = Duration::from_secs(2);

/// A recorder that several threads feed, until it is taken away.
type SharedRecorder = Arc<Mutex<Option<Recorder>>>;

/// Runs dbt, and reports the run.
///
/// # Errors
/// When dbt cannot be started, or the run needs Prefect and cannot have it. That dbt failed is no error.
pub async fn run(
    invocation: Invocation,
    observer: Arc<dyn Observer>,
    stopper: Stopper,
) -> Result<Outcome, Error> {
    let around = Surroundings::from_env()?;
    let args = DbtArgs::parse(&invocation.args);
    let dbt = find_dbt(
        invocation.dbt.as_deref(),
        &around.cwd,
        around.virtual_env.as_deref(),
        around.path.as_deref(),
    )?;
    let settings = &invocation.settings;
    let project = Project::find(
        args.project_dir
            .as_deref()
            .or(settings.project_dir.as_deref()),
        args.target_path
            .as_deref()
            .or(settings.target_path.as_deref()),
        &around.cwd,
    );
    let profiles_dir = find_profiles_dir(
        args.profiles_dir
            .as_deref()
            .or(settings.profiles_dir.as_deref()),
        &around.cwd,
        around.home.as_deref(),
    );
    preflight::check(&args, &project, profiles_dir.as_deref())?;
    let profiles = render_profiles(&invocation, &args, profiles_dir.as_deref()).await?;
    for warning in profiles.iter().flat_map(RenderedProfiles::warnings) {
        observer.on_warning(&warning.to_string());
    }

    let run_id = Uuid::now_v7();
    let Report { target, reporter } = connect(&invocation, run_id, &args.command).await?;
    if reporter.is_none() && args.has_command() && !invocation.flow.declined {
        observer.on_notice(&Notice::Unconfigured);
    }
    let folder = JournalFolder::at(
        invocation
            .journal_dir
            .clone()
            .unwrap_or_else(|| project.root.join(JOURNAL_DIR)),
    );
    let has_folder = args.has_command() && (project.exists || invocation.journal_dir.is_some());
    let journal = begin_journal(&invocation, run_id, target, has_folder.then_some(&folder));
    if let Some(problem) = journal.problem() {
        observer.on_warning(&format!(
            "the journal of this run stays in memory: {problem}"
        ));
    }
    let journal_path = journal.path().map(Path::to_path_buf);
    observer.on_journal(journal.reader());
    let reporting = reporter.map(|reporter| {
        let observer = Arc::clone(&observer);
        let feed = journal.reader();
        tokio::spawn(async move {
            reporter
                .run(feed, |notice| observer.on_notice(&notice))
                .await
        })
    });

    let level = level_of(&args, &invocation);
    let secrets = profiles.as_ref().map(secrets_of).unwrap_or_default();
    let recorder = Recorder {
        tracker: Tracker::new(TrackerOptions::new(run_id).level(level)),
        assets: AssetWatch::new(&invocation, &args, &project.target),
        journal,
        redactor: Redactor::new(secrets.iter().map(|(_, value)| value.clone())),
        observer: Arc::clone(&observer),
        target: project.target.clone(),
        command: args.command.clone(),
        level,
        manifest_read: false,
        manifest: None,
        effects: Vec::new(),
    };
    let command = DbtCommand {
        program: dbt,
        args: match &profiles {
            Some(_) => args.without_profiles_dir(),
            None => args.passed.clone(),
        },
        environment: child_environment(Wanted {
            project_dir: settings.project_dir.as_deref(),
            profiles_dir: profiles
                .as_ref()
                .map(RenderedProfiles::dir)
                .or(settings.profiles_dir.as_deref()),
            target_path: settings.target_path.as_deref(),
            sets_file_level: args.sets_file_level || around.sets_file_level,
            secrets,
        }),
    };
    let process = match DbtProcess::start(command) {
        Ok(process) => process,
        Err(error) => {
            not_started(recorder.journal, &error);
            if let Some(reporting) = reporting {
                // What it could not deliver it has said.
                let _ = reporting.await;
            }
            if let Some(path) = &journal_path {
                folder.discard(path);
            }
            return Err(error);
        }
    };
    let (recorder, end, stopped) = drive(process, recorder, &invocation, &stopper).await?;

    let (run, mut closing) = recorder.close(end);
    let verdict = judge(&invocation.args, &run, stopped, invocation.raise_on_failure);
    if invocation.summary_artifact {
        let summary = markdown(&args.command, &invocation.args, &verdict.state, &run);
        closing.write(summary.map(Effect::Summary));
    }
    let manifest = closing.manifest.take();
    finish(closing, &verdict, &end);
    let delivery = match reporting {
        Some(reporting) => reporting.await.ok(),
        None => None,
    };
    let served = delivery.as_ref().is_some_and(|delivery| delivery.verified);
    if let Some(path) = journal_path.as_deref().filter(|_| served) {
        folder.discard(path);
    }
    if has_folder {
        folder.trim();
    }
    Ok(Outcome {
        run_id,
        command: args.command,
        args: invocation.args,
        success: verdict.success,
        state: verdict.state,
        exit_code: verdict.exit_code,
        failure: verdict.failure,
        run,
        manifest,
        delivery,
        journal: journal_path.filter(|_| !served),
    })
}

/// Renders profiles.yml, if it refers to Prefect.
async fn render_profiles(
    invocation: &Invocation,
    args: &DbtArgs,
    dir: Option<&Path>,
) -> Result<Option<RenderedProfiles>, Error> {
    let Some(dir) = dir.filter(|_| args.has_command()) else {
        return Ok(None);
    };
    let client = invocation.client.as_ref();
    let options = RenderOptions::default().missing(invocation.settings.missing_variables);
    Ok(RenderedProfiles::prepare(dir, client, &options).await?)
}

fn secrets_of(profiles: &RenderedProfiles) -> Vec<(String, String)> {
    profiles
        .variables()
        .iter()
        .map(|variable| (variable.name.clone(), variable.value.expose().to_owned()))
        .collect()
}

fn level_of(args: &DbtArgs, invocation: &Invocation) -> u8 {
    let mut settings = invocation.settings.clone();
    settings.log_level = args.log_level.or(settings.log_level);
    let level = settings.effective_log_level();
    let level = if args.quiet {
        level.max(LogLevel::Error)
    } else {
        level
    };
    level.number()
}

fn begin_journal(
    invocation: &Invocation,
    run_id: Uuid,
    flow: FlowTarget,
    folder: Option<&JournalFolder>,
) -> JournalWriter {
    let header = Header {
        format: JOURNAL_FORMAT,
        run_id,
        attempt: 1,
        created: Timestamp::now(),
        args: invocation.args.clone(),
        flow,
    };
    match folder {
        Some(folder) => JournalWriter::begin(folder.create(run_id), &header),
        None => JournalWriter::in_memory(&header),
    }
}

/// Ends the journal of a run whose dbt could not be started, so that its flow run does not stay Running.
fn not_started(mut journal: JournalWriter, error: &Error) {
    let state = State {
        kind: StateKind::Failed,
        name: "Failed".to_owned(),
        message: Some(error.to_string()),
    };
    journal.append([Effect::RunFinished(RunEnd {
        state,
        dbt_exit: None,
        at: Timestamp::now(),
    })]);
}

/// Records what dbt says, until it has ended.
async fn drive(
    process: DbtProcess,
    recorder: Recorder,
    invocation: &Invocation,
    stopper: &Stopper,
) -> Result<(Recorder, ProcessEnd, Option<StopCause>), Error> {
    let _guard = StopOnDrop(process.group.clone());
    let shared: SharedRecorder = Arc::new(Mutex::new(Some(recorder)));
    let stdout = listen("dbt-stdout", process.stdout, &shared, Recorder::on_stdout);
    let stderr = listen("dbt-stderr", process.stderr, &shared, Recorder::on_stderr);

    let mut stopped = None;
    let stopping = stop_when_asked(
        stopper,
        invocation.timeout,
        process.group.clone(),
        |cause| {
            stopped = Some(cause);
            with(&shared, |recorder| recorder.on_stop(cause));
        },
    );
    let ended = tokio::select! {
        ended = process.ended => ended,
        never = stopping => match never {},
    };
    let ended = ended.unwrap_or(Ended {
        status: None,
        at: Timestamp::now(),
    });
    let drained = async { (stdout.await, stderr.await) };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::debug!("something that dbt started still holds its pipes");
    }
    let end = ProcessEnd {
        exit_code: ended.exit_code(),
        signal: ended.signal(),
        at: ended.at,
    };
    let recorder = shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .ok_or(Error::Lost)?;
    // A cancellation may have explained the SIGTERM in the meantime.
    let stopped = stopped.map(|first| match stopper.cause() {
        Some(StopCause::Cancel) if first == StopCause::Terminate => StopCause::Cancel,
        _ => first,
    });
    Ok((recorder, end, stopped))
}

/// Feeds the lines of a pipe to the recorder, on a thread of its own; gives a signal for the pipe's end.
fn listen(
    name: &str,
    pipe: impl Read + Send + 'static,
    recorder: &SharedRecorder,
    take: fn(&mut Recorder, &RawLine<'_>),
) -> oneshot::Receiver<()> {
    let (done, when_done) = oneshot::channel();
    let recorder = Arc::clone(recorder);
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            pump(pipe, |line| {
                with(&recorder, |recorder| take(recorder, &line))
            });
            let _ = done.send(());
        });
    if let Err(error) = thread {
        tracing::error!(%error, "a pipe of dbt's cannot be read");
    }
    when_done
}

fn with(recorder: &SharedRecorder, act: impl FnOnce(&mut Recorder)) {
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(recorder) = recorder.as_mut() {
        act(recorder);
    }
}

/// Writes the run's own last words, and closes the journal.
fn finish(mut closing: Closing, verdict: &Verdict, end: &ProcessEnd) {
    let at = Timestamp::now().max(end.at);
    let (level, message) = closing_line(&verdict.state);
    closing.write([
        Effect::Log(LogLine {
            at,
            level,
            message,
            task: None,
        }),
        Effect::RunFinished(RunEnd {
            state: verdict.state.clone(),
            dbt_exit: end.exit_code,
            at,
        }),
    ]);
}

/// Stops dbt when the one who waits for it goes away.
struct StopOnDrop(Group);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}
