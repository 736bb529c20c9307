//! A flow run of several invocations, without a dbt of its own: its journal, its report and its supervision. The invocations
//! join it.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::connect::{connect, names, new_run};
use super::run::Attempt;
use super::session::Session;
use super::start::begin_journal;
use crate::model::{
    Effect, LogLine, Notice, RunEnd, State, StateKind, StopCause, Stopper, exit_codes,
};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome, exit_code_after_delivery};
use crate::request::{ProcessEnv, Request, SharedRun};
use crate::store::{JournalFolder, JournalWriter};
use crate::track::{ProcessEnd, Tracker, TrackerOptions, closing_line};

/// What stands for the command of a flow.
const COMMAND: &str = "flow";

/// One attempt of a flow run that several invocations share. It is Running until it is ended; if it is dropped before, it ends
/// Cancelled, in the background while the async runtime lives, else by the next run.
pub(crate) struct SharedFlowRun {
    request: Request,
    observer: Arc<dyn Observer>,
    stopper: Stopper,
    run_id: Uuid,
    is_reported: bool,
    open: Option<(Session, JournalWriter)>,
}

/// How the code of a flow ended.
#[derive(Debug, Clone)]
pub(crate) struct FlowEnd {
    pub(crate) state: State,
    pub(crate) exit_code: u8,
    pub(crate) failure: Option<String>,
}

impl SharedFlowRun {
    /// Creates the flow run, or connects to it, and sets it Running.
    ///
    /// # Errors
    /// When the flow run exists and cannot be reported to.
    pub(crate) async fn open(
        request: Request,
        observer: Arc<dyn Observer>,
        stopper: Stopper,
    ) -> Result<Self, Error> {
        let run_id = Uuid::now_v7();
        let attempt = Attempt {
            request: &request,
            observer: &observer,
            stopper: &stopper,
            deadline: None,
        };
        let connected = connect(attempt, run_id, (COMMAND, None), None).await?;
        if connected.reporter.is_none() && !request.flow.declined {
            observer.on_notice(&Notice::Unconfigured);
        }
        let folder = journal_folder(&request)?;
        let (flow_run, reporter) = (connected.flow_run, connected.reporter);
        let journal = begin_journal(&request, (run_id, None), flow_run.clone(), folder.as_ref());
        let is_reported = reporter.is_some();
        let session = Session::open(attempt, (run_id, flow_run), reporter, folder, &journal);
        Ok(Self {
            run_id,
            is_reported,
            open: Some((session, journal)),
            request,
            observer,
            stopper,
        })
    }

    /// How an invocation joins it.
    pub(crate) fn shared(&self) -> SharedRun {
        let key = self.request.attempt.key.unwrap_or(self.run_id);
        let names = names(&self.request, COMMAND, key);
        let id = match &self.open {
            Some((session, _)) => session.supervision.flow_run_sender().subscribe(),
            None => tokio::sync::watch::channel(None).1,
        };
        SharedRun {
            new: new_run(&self.request, names, key),
            id,
            is_reported: self.is_reported,
        }
    }

    /// Ends the flow run, and waits until that is delivered. A request to stop decides how it ends.
    pub(crate) async fn end(mut self, end: FlowEnd) -> Result<Outcome, Error> {
        let (session, journal) = self.open.take().ok_or(Error::Lost)?;
        let cause = match self.stopper.cause() {
            Some(cause) => Some(session.supervision.explain(cause).await),
            None => None,
        };
        let end = cause.map_or(end, FlowEnd::of_stop);
        write_end(journal, &end.state);
        Ok(self.settle(session, end).await)
    }

    async fn settle(&self, mut session: Session, end: FlowEnd) -> Outcome {
        let attempt = Attempt {
            request: &self.request,
            observer: &self.observer,
            stopper: &self.stopper,
            deadline: None,
        };
        let delivery = session.delivered().await;
        let is_delivered = delivery.as_ref().is_some_and(|delivery| delivery.verified);
        session.finish_earlier(attempt, is_delivered).await;
        let final_state = delivery.as_ref().map(|delivery| &delivery.final_state);
        let exit = ProcessEnd {
            exit_code: None,
            signal: None,
            at: Timestamp::now(),
        };
        let run = Tracker::new(TrackerOptions::new(self.run_id)).close(exit, None, &mut Vec::new());
        let mut outcome = Outcome::of_run(self.run_id, Vec::new(), run, None);
        let is_engine = self.request.delivery.is_engine;
        outcome.exit_code = exit_code_after_delivery(end.exit_code, final_state, is_engine);
        outcome.success = end.exit_code == exit_codes::SUCCESS;
        outcome.state = end.state;
        outcome.failure = end.failure;
        outcome.journal = session.close_journal(is_delivered, &*self.observer);
        outcome.journal_hold = session.journal_hold.clone();
        outcome.flow = Some(session.flow_run.clone());
        outcome.delivery = delivery;
        outcome
    }
}

impl Drop for SharedFlowRun {
    fn drop(&mut self) {
        let Some((session, journal)) = self.open.take() else {
            return;
        };
        self.stopper.stop_for(StopCause::Dropped);
        let end = FlowEnd::of_stop(StopCause::Dropped);
        write_end(journal, &end.state);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let rest = Self {
            request: self.request.clone(),
            observer: Arc::clone(&self.observer),
            stopper: self.stopper.clone(),
            run_id: self.run_id,
            is_reported: self.is_reported,
            open: None,
        };
        runtime.spawn(async move {
            let outcome = rest.settle(session, end).await;
            outcome.journal_hold.release();
        });
    }
}

impl FlowEnd {
    /// The end of a flow whose code returned.
    pub(crate) fn completed() -> Self {
        Self {
            state: State {
                kind: StateKind::Completed,
                name: "Completed".to_owned(),
                message: None,
            },
            exit_code: exit_codes::SUCCESS,
            failure: None,
        }
    }

    /// The end of a flow whose code failed with this message.
    pub(crate) fn failed(message: String, exit_code: u8) -> Self {
        Self {
            state: State {
                kind: StateKind::Failed,
                name: "Failed".to_owned(),
                message: Some(message.clone()),
            },
            exit_code,
            failure: Some(message),
        }
    }

    fn of_stop(cause: StopCause) -> Self {
        Self {
            state: cause.state(),
            exit_code: cause.exit_code(),
            failure: None,
        }
    }
}

/// The folder of the journal, if the runner has a project.
fn journal_folder(request: &Request) -> Result<Option<JournalFolder>, Error> {
    let project = request.project(&request.dbt_args(), &ProcessEnv::from_env()?.cwd);
    let has_folder = project.exists || request.journal_dir.is_some();
    Ok(has_folder.then(|| JournalFolder::at(request.journal_dir_in(&project))))
}

/// Writes the closing line and the end, and closes the journal.
fn write_end(mut journal: JournalWriter, state: &State) {
    let (at, (level, message)) = (Timestamp::now(), closing_line(state));
    let line = Effect::Log(LogLine::new(at, level, message, None));
    let end = Effect::RunFinished(RunEnd {
        state: state.clone(),
        dbt_exit: None,
        at,
    });
    journal.append([line, end]);
}
