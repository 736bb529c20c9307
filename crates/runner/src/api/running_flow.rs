//! The invocations of a flow whose code runs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use super::error::RunError;
use super::flow::Flow;
use super::prefect_dbt_runner::PrefectDbtRunner;
use super::run_observer::RunObserver;
use crate::dbt::SharedInterpreter;
use crate::dbt_retry::plan;
use crate::model::Stopper;
use crate::outcome::{Error, Outcome};
use crate::prefect::lock::Locks;
use crate::request::{
    Attempt, FlowChoice, FlowContext, Invocation, Request, RunningCode, SharedRun,
};
use crate::store::SavedAttempt;

impl FlowContext {
    /// Invokes dbt in the flow run, as [`PrefectDbtRunner::invoke`] does. `self` is what the closure of [`Flow::run_with`] gets.
    ///
    /// # Errors
    /// Those of [`PrefectDbtRunner::invoke`], and [`Error::OutsideOfFlow`] when the code of the flow does not run.
    pub async fn invoke(&self, invocation: impl Into<Invocation>) -> Result<Outcome, RunError> {
        let running = self.running.0.clone();
        let running = running.and_then(|running| running.downcast::<RunningFlow>().ok());
        let running = running.ok_or(Error::OutsideOfFlow)?;
        running.invoke(self, invocation.into()).await
    }
}

/// An attempt of a flow whose code runs.
pub(super) struct RunningFlow {
    flow: Flow,
    runner: PrefectDbtRunner,
    observer: Arc<RunObserver>,
    stopper: Stopper,
    shared: SharedRun,
    /// The interpreter that all invocations share.
    interpreter: SharedInterpreter,
    /// The database locks that all invocations share.
    locks: Locks,
    number: u32,
    key: Option<Uuid>,
    /// The number of invocations that run.
    active: watch::Sender<usize>,
    /// The number of invocations that have begun.
    begun: AtomicUsize,
    is_over: AtomicBool,
    /// The records of the invocations of the previous attempt, by their position.
    previous: Vec<Option<SavedAttempt>>,
    done: Mutex<Done>,
}

/// What the invocations of a flow have done.
#[derive(Debug, Clone, Default)]
pub(super) struct Done {
    /// The task runs of nodes that succeeded, by unique_id.
    earlier: Arc<BTreeMap<String, Uuid>>,
    /// The records of the invocations of this attempt, by their position.
    records: Vec<Option<SavedAttempt>>,
}

impl RunningFlow {
    /// An attempt that begins; `done` is what the attempts before it have done.
    pub(super) fn new(
        flow: &Flow,
        (runner, observer): (&PrefectDbtRunner, &Arc<RunObserver>),
        stopper: &Stopper,
        request: &Request,
        shared: SharedRun,
        done: Done,
    ) -> Self {
        Self {
            flow: flow.clone(),
            runner: runner.clone(),
            observer: Arc::clone(observer),
            stopper: stopper.clone(),
            shared,
            interpreter: request.interpreter.clone(),
            locks: request.locks.clone(),
            number: request.attempt.number,
            key: request.attempt.key,
            active: watch::Sender::new(0),
            begun: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            previous: done.records,
            done: Mutex::new(Done {
                earlier: done.earlier,
                records: Vec::new(),
            }),
        }
    }

    /// The number of invocations that run.
    pub(super) fn active(&self) -> watch::Receiver<usize> {
        self.active.subscribe()
    }

    /// Ends the attempt: its context invokes nothing any more.
    pub(super) fn finish(&self) -> Done {
        self.is_over.store(true, Ordering::Release);
        self.done().clone()
    }

    async fn invoke(
        &self,
        context: &FlowContext,
        invocation: Invocation,
    ) -> Result<Outcome, RunError> {
        if self.is_over.load(Ordering::Acquire) {
            return Err(Error::OutsideOfFlow.into());
        }
        let position = self.begun.fetch_add(1, Ordering::AcqRel);
        let request = self.request(context, invocation, position)?;
        let _active = Active::begin(&self.active);
        let observer = Arc::clone(&self.observer);
        let result = self.runner.run_once(request, observer).await;
        let outcome = match &result {
            Ok(outcome) => Some(outcome),
            Err(error) => error.outcome(),
        };
        if let Some(outcome) = outcome {
            outcome.journal_hold.release();
            self.note(outcome, position);
        }
        result
    }

    fn request(
        &self,
        context: &FlowContext,
        invocation: Invocation,
        position: usize,
    ) -> Result<Request, Error> {
        let mut stops = invocation.options.stop_sources();
        stops.signals &= !self.flow.stops(&self.runner).signals;
        stops.stoppers.push(self.stopper.clone());
        let mut request = Request::from_env(self.flow.options_of(&self.runner, invocation))?;
        request.stops = stops;
        request.flow = FlowChoice::default();
        request.shared = Some(self.shared.clone());
        request.interpreter = self.interpreter.clone();
        request.locks = self.locks.clone();
        request.context = Some(FlowContext {
            flow_run_id: context.flow_run_id.or(self.shared.known_id()),
            running: RunningCode::default(),
            ..context.clone()
        });
        let attempt = Attempt {
            number: self.number,
            key: self.key,
            earlier: Arc::clone(&self.done().earlier),
            ..Attempt::default()
        };
        Ok(
            match (self.record(position, &request), request.retry.strategy) {
                (Some(record), Some(strategy)) => {
                    plan(strategy, Ok(record)).request(&request, attempt)
                }
                _ => Request { attempt, ..request },
            },
        )
    }

    /// The record of the same invocation in the previous attempt.
    fn record(&self, position: usize, request: &Request) -> Option<&SavedAttempt> {
        let record = self.previous.get(position)?.as_ref()?;
        (record.record.args == request.args).then_some(record)
    }

    /// Takes note of an invocation that has ended.
    fn note(&self, outcome: &Outcome, position: usize) {
        let mut done = self.done();
        let succeeded = outcome.run.succeeded(outcome.run_id, self.number);
        Arc::make_mut(&mut done.earlier).extend(succeeded);
        let length = done.records.len().max(position + 1);
        done.records.resize(length, None);
        done.records[position] = outcome.record.clone();
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts an invocation while it runs.
struct Active<'a>(&'a watch::Sender<usize>);

impl<'a> Active<'a> {
    fn begin(active: &'a watch::Sender<usize>) -> Self {
        active.send_modify(|active| *active += 1);
        Self(active)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|active| *active -= 1);
    }
}
