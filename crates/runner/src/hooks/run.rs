//! One attempt with its hooks.

use std::sync::Arc;

use super::hook_thread::HookThread;
use super::options::HookOptions;
use super::registry::Hooks;
use super::schedule::ScheduledNodes;
use crate::engine;
use crate::model::Stopper;
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::request::Request;

/// Runs dbt as [`engine::run`] does, with the manifest of the run before it if dbt writes it too late, and calls hooks: those of the start before dbt starts, those of nodes while dbt
/// runs, those of the end when the run is over.
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
    let hooks = hooks.all();
    let request = match options.may_parse {
        true => engine::with_early_manifest(request, !hooks.is_empty(), &stopper).await,
        false => request,
    };
    if hooks.is_empty() {
        return engine::run(request, observer, stopper).await;
    }
    let mut thread = match HookThread::spawn(hooks, &request, &observer, &options) {
        Ok(thread) => thread,
        Err(error) => {
            observer.on_warning(&format!(
                "hooks are disabled: cannot start the hook thread: {error}"
            ));
            return engine::run(request, observer, stopper).await;
        }
    };
    let observer_of_run = Arc::new(thread.observer(&observer));
    let asked = request.clone();
    let call_start_hooks = async || {
        if thread.has_start_hooks() {
            let scheduled = ScheduledNodes::find(&asked, &options, &observer, &stopper).await;
            thread.call_start_hooks(scheduled, &stopper).await;
        }
    };
    let run = engine::run_after(call_start_hooks, request, observer_of_run, stopper.clone());
    let result = run.await;
    thread.call_end_hooks(&result, &*observer, &stopper).await;
    result
}
