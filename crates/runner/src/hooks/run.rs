//! One invocation with its hooks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dbt_manifest::Manifest;
use dbt_selector::Command;
use tokio::sync::{oneshot, watch};

use super::context::HookEvent;
use super::dispatcher::{Basis, Dispatcher, End, Order};
use super::hang_watch::{Progress, watch_hooks};
use super::node_report::NodeReport;
use super::observer::HookObserver;
use super::owner::HookOwner;
use super::registry::Hooks;
use crate::engine;
use crate::hooks::schedule::Schedule;
use crate::model::{Stopper, error_chain};
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::request::Request;

/// How hooks are called.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HookOptions {
    /// How long a hook may take before it is reported as hanging. One that hangs when the run is over is left behind.
    pub patience: Duration,
    /// Whether `dbt parse` may run first, when a hook wants to know what is scheduled and the manifest is not up to date.
    pub may_parse: bool,
    /// A manifest that is known to be up to date, in place of the one in the target folder.
    pub manifest: Option<Arc<Manifest>>,
    /// The runner that hooks see as the owner.
    pub owner: Option<HookOwner>,
}

impl Default for HookOptions {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(60),
            may_parse: true,
            manifest: None,
            owner: None,
        }
    }
}

/// Runs dbt as [`engine::run`] does, and calls hooks.
///
/// # Errors
/// Those of [`engine::run`]; hooks cause none.
pub(crate) async fn run(
    request: Request,
    observer: Arc<dyn Observer>,
    stopper: Stopper,
    hooks: &Hooks,
    options: HookOptions,
) -> Result<Outcome, Error> {
    let crew = match Crew::muster(&request, &observer, hooks, &options) {
        Ok(Some(crew)) => crew,
        Ok(None) => return engine::run(request, observer, stopper).await,
        Err(error) => {
            observer.on_warning(&format!(
                "hooks are not called, for want of a thread: {error}"
            ));
            return engine::run(request, observer, stopper).await;
        }
    };
    if crew.awaits_start {
        let schedule = Schedule::of(&request, &options, &observer, &stopper).await;
        crew.start(schedule, &stopper).await;
    }
    let watching = Arc::new(HookObserver {
        inner: Arc::clone(&observer),
        orders: crew.orders.clone(),
        manifest: Arc::clone(&crew.manifest),
    });
    let result = engine::run(request, watching, stopper.clone()).await;
    crew.end(&result, &*observer, &stopper).await;
    result
}

/// The thread that calls the hooks of a run, seen from the run.
struct Crew {
    orders: Sender<Order>,
    progress: watch::Receiver<Progress>,
    manifest: Arc<OnceLock<Arc<Manifest>>>,
    abandoned: Arc<AtomicBool>,
    awaits_start: bool,
}

impl Crew {
    /// Starts the thread; `None` when there is no hook.
    fn muster(
        request: &Request,
        observer: &Arc<dyn Observer>,
        hooks: &Hooks,
        options: &HookOptions,
    ) -> std::io::Result<Option<Self>> {
        let hooks = hooks.all();
        if hooks.is_empty() {
            return Ok(None);
        }
        let awaits_start = hooks.iter().any(|hook| hook.event == HookEvent::RunStart);
        let warn: Arc<dyn Fn(&str) + Send + Sync> = {
            let observer = Arc::clone(observer);
            Arc::new(move |warning| observer.on_warning(warning))
        };
        let (pulse, progress) = watch_hooks(options.patience, Arc::clone(&warn))?;
        let (manifest, abandoned) = <(Arc<OnceLock<_>>, Arc<AtomicBool>)>::default();
        let dispatcher = Dispatcher {
            basis: Basis {
                command: request.line.command(),
                args: request.args.clone(),
                owner: options.owner.clone(),
                flow: request.context.clone(),
            },
            hooks,
            manifest: Arc::clone(&manifest),
            warn,
            pulse,
            abandoned: Arc::clone(&abandoned),
            selections: None,
            runtime: None,
        };
        let (orders, taken) = channel();
        std::thread::Builder::new()
            .name("dbt-hooks".to_owned())
            .spawn(move || dispatcher.work(&taken))?;
        Ok(Some(Self {
            orders,
            progress,
            manifest,
            abandoned,
            awaits_start,
        }))
    }

    /// Calls the hooks of the start, and waits for them; not for ever, and not when the run is to stop.
    async fn start(&self, schedule: Schedule, stopper: &Stopper) {
        let (done, when_done) = oneshot::channel();
        if self.orders.send(Order::Start(schedule, done)).is_err() {
            return;
        }
        let (mut progress, mut asked) = (self.progress.clone(), stopper.subscribe());
        let stuck = async {
            progress
                .wait_for(|now| *now != Progress::Works)
                .await
                .is_ok()
        };
        let stopped = async { asked.wait_for(|asked| asked.cause.is_some()).await.is_ok() };
        tokio::select! {
            _ = when_done => {}
            _ = stuck => {}
            true = stopped => {}
        }
    }

    /// Calls the hooks of the end, and waits for all that are still to be called. One that hangs is left behind, and all are
    /// when somebody asks us to end now.
    async fn end(
        mut self,
        result: &Result<Outcome, Error>,
        observer: &dyn Observer,
        stopper: &Stopper,
    ) {
        // A thread that is gone has nothing left to call.
        let _ = self.orders.send(Order::End(Box::new(end_of(result))));
        let over = async {
            let over = self.progress.wait_for(|now| *now != Progress::Works).await;
            match over.as_deref() {
                Ok(Progress::Hangs(hook)) => Some(hook.clone()),
                _ => None,
            }
        };
        let left = tokio::select! {
            left = over => left,
            () = stopper.asked_again() => Some("a hook".to_owned()),
        };
        if let Some(hook) = left {
            self.abandoned.store(true, Ordering::Release);
            observer.on_warning(&format!(
                "{hook} is left behind, and hooks that wait for it are not called: the run is over"
            ));
        }
    }
}

fn end_of(result: &Result<Outcome, Error>) -> End {
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => {
            return End {
                success: false,
                error: Some(error_chain(error)),
                run_results: None,
            };
        }
    };
    let nodes = &outcome.run.nodes;
    let report = |node: &crate::track::TrackedNode| {
        let report = NodeReport::new(&node.result, &node.state, node.start_time, node.end_time);
        (node.result.unique_id.clone(), report)
    };
    // A selection of nothing has results, too: none.
    let has_results =
        !nodes.is_empty() || outcome.success && Command::from_name(&outcome.command).is_some();
    End {
        success: outcome.success,
        error: outcome.run.dbt_error.clone().filter(|_| !outcome.success),
        run_results: has_results.then(|| nodes.iter().map(report).collect()),
    }
}
