//! The thread that calls the hooks of a run, seen from the run.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dbt_manifest::Manifest;
use tokio::sync::{oneshot, watch};

use super::hook::Hook;
use super::hook_caller::{CommandInfo, HookCaller, HookTask};
use super::hook_context::HookEvent;
use super::hook_stop::HookStop;
use super::known_flow_run::KnownFlowRun;
use super::observer::HookObserver;
use super::options::HookOptions;
use super::run_result::RunResult;
use super::schedule::ScheduledNodes;
use super::stuck_hooks::{HookState, watch_for_stuck_hooks};
use crate::dbt::DbtArgs;
use crate::model::Stopper;
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::request::{ProcessEnv, Request};
use crate::selection::{SelectionFlags, SelectorsFile};

/// How long hooks may go on after a stop. Supervisors wait 10 seconds or more before they kill.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// The thread that calls the hooks of a run.
pub(super) struct HookThread {
    tasks: Sender<HookTask>,
    state: watch::Receiver<HookState>,
    manifest: Arc<OnceLock<Arc<Manifest>>>,
    flow_run: KnownFlowRun,
    stop: HookStop,
    has_start_hooks: bool,
}

impl HookThread {
    /// Starts the thread.
    pub(super) fn spawn(
        hooks: Vec<Hook>,
        request: &Request,
        observer: &Arc<dyn Observer>,
        options: &HookOptions,
    ) -> std::io::Result<Self> {
        let has_start_hooks = hooks.iter().any(|hook| hook.event == HookEvent::RunStart);
        let warn: Arc<dyn Fn(&str) + Send + Sync> = {
            let observer = Arc::clone(observer);
            Arc::new(move |warning| observer.on_warning(warning))
        };
        let (timer, state) = watch_for_stuck_hooks(options.timeout, Arc::clone(&warn))?;
        let (manifest, stop) = <(Arc<OnceLock<_>>, HookStop)>::default();
        let flow_run = KnownFlowRun::of(request);
        let caller = HookCaller {
            command: CommandInfo {
                command: request.line.command(),
                args: request.args.clone(),
                owner: options.owner.clone(),
                flow: flow_run.clone(),
                request: Arc::new(request.clone()),
            },
            hooks,
            manifest: Arc::clone(&manifest),
            selectors: selectors_file(request),
            warn,
            timer,
            stop: stop.clone(),
            selections: None,
            runtime: None,
        };
        let (tasks, queue) = channel();
        std::thread::Builder::new()
            .name("dbt-hooks".to_owned())
            .spawn(move || caller.work(&queue))?;
        Ok(Self {
            tasks,
            state,
            manifest,
            flow_run,
            stop,
            has_start_hooks,
        })
    }

    /// Whether any hook is called at the start of the run.
    pub(super) const fn has_start_hooks(&self) -> bool {
        self.has_start_hooks
    }

    /// An observer of the run that passes the journal and the manifest on to the hooks, and everything to `inner`.
    pub(super) fn observer(&self, inner: &Arc<dyn Observer>) -> HookObserver {
        HookObserver {
            inner: Arc::clone(inner),
            tasks: self.tasks.clone(),
            manifest: Arc::clone(&self.manifest),
            flow_run: self.flow_run.clone(),
        }
    }

    /// Calls the hooks of the start and waits for them, but neither for a stuck hook nor when the run is to stop.
    pub(super) async fn call_start_hooks(&self, scheduled: ScheduledNodes, stopper: &Stopper) {
        let (done, when_done) = oneshot::channel();
        let task = HookTask::CallStartHooks(scheduled, done);
        if self.tasks.send(task).is_err() {
            return;
        }
        let mut state = self.state.clone();
        tokio::select! {
            _ = when_done => {}
            _ = state.wait_for(|state| *state != HookState::Working) => {}
            _ = stopper.stopped() => {}
        }
    }

    /// Calls the hooks of the end and waits for all hooks, for 5 seconds if the run was stopped. A hook that does not return is
    /// abandoned, and killed if it is a shell command; so are all hooks if a stop is requested while they run.
    pub(super) async fn call_end_hooks(
        &mut self,
        result: &Result<Outcome, Error>,
        observer: &dyn Observer,
        stopper: &Stopper,
    ) {
        let task = HookTask::CallEndHooks(Box::new(RunResult::of(result)));
        // If the thread has ended, it has no hooks to call.
        let _ = self.tasks.send(task);
        let stuck = tokio::select! {
            stuck = self.wait_for_hooks() => stuck,
            () = stopper.stop_requested_again() => Some("a hook".to_owned()),
            () = after_stop(stopper) => Some("a hook".to_owned()),
        };
        if let Some(hook) = stuck {
            self.stop.stop();
            observer.on_warning(&format!(
                "{hook} is still running at the end of the run and is abandoned: hooks after it are not called"
            ));
        }
    }

    /// Waits until all hooks have returned. If one is stuck, returns its name.
    async fn wait_for_hooks(&mut self) -> Option<String> {
        let state = self.state.wait_for(|state| *state != HookState::Working);
        match state.await.as_deref() {
            Ok(HookState::Stuck(hook)) => Some(hook.clone()),
            _ => None,
        }
    }
}

/// The project's selectors.yml. `None` if the working directory or `--vars` cannot be read: then dbt does not run, either.
fn selectors_file(request: &Request) -> Option<SelectorsFile> {
    let (asked, env) = (request.original_line(), ProcessEnv::from_env().ok()?);
    let args = DbtArgs::of(asked);
    let project = request.project(&args, &env.cwd);
    let profiles_dir = request.profiles_dir(&args, &env);
    SelectorsFile::of(&project, &SelectionFlags::from_env(asked), profiles_dir).ok()
}

/// Waits until the run is stopped, and then as long as hooks may go on.
async fn after_stop(stopper: &Stopper) {
    stopper.stopped().await;
    tokio::time::sleep(STOP_GRACE).await;
}
