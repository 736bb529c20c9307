//! Calls hooks, on the hook thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};

use dbt_manifest::Manifest;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::hook::{BoxError, Callable, Hook};
use super::hook_context::{DbtHookContext, HookEvent, HookResult, HookStatus};
use super::hook_selections::HookSelections;
use super::hook_stop::HookStop;
use super::known_flow_run::KnownFlowRun;
use super::node_report::NodeReport;
use super::owner::HookOwner;
use super::run_result::RunResult;
use super::schedule::ScheduledNodes;
use super::stuck_hooks::HookTimer;
use crate::model::{Effect, NodeEnd, TaskRun};
use crate::request::Request;
use crate::selection::SelectorsFile;
use crate::store::{Entry, JournalReader};

/// The command of the run, as every hook gets it.
#[derive(Debug, Clone)]
pub(super) struct CommandInfo {
    pub(super) command: String,
    pub(super) args: Vec<String>,
    pub(super) owner: Option<HookOwner>,
    pub(super) flow: KnownFlowRun,
    /// The locks that the run holds.
    pub(super) request: Arc<Request>,
}

/// A task of the hook thread.
#[derive(Debug)]
pub(super) enum HookTask {
    /// Call the hooks of the start, and report when they have returned.
    CallStartHooks(ScheduledNodes, oneshot::Sender<()>),
    /// Call the hooks of nodes, until the journal is complete.
    FollowJournal(JournalReader),
    /// Call the hooks of the end. The last task.
    CallEndHooks(Box<RunResult>),
}

/// Calls hooks, one at a time.
pub(super) struct HookCaller {
    pub(super) command: CommandInfo,
    pub(super) hooks: Vec<Hook>,
    /// The manifest of the run, once dbt has written it.
    pub(super) manifest: Arc<OnceLock<Arc<Manifest>>>,
    /// The project's selectors.yml; `None` if it cannot be found.
    pub(super) selectors: Option<SelectorsFile>,
    pub(super) warn: Arc<dyn Fn(&str) + Send + Sync>,
    pub(super) timer: HookTimer,
    /// Ends the calls.
    pub(super) stop: HookStop,
    pub(super) selections: Option<HookSelections>,
    pub(super) runtime: Option<Runtime>,
}

impl HookCaller {
    /// Works until the last task is done.
    pub(super) fn work(mut self, tasks: &Receiver<HookTask>) {
        while let Ok(task) = tasks.recv() {
            match task {
                HookTask::CallStartHooks(scheduled, done) => {
                    let context = DbtHookContext {
                        node_ids: scheduled.node_ids,
                        manifest: scheduled.manifest,
                        ..self.context(HookEvent::RunStart)
                    };
                    self.call(&context, |_, _| true);
                    // The run may have stopped waiting.
                    let _ = done.send(());
                }
                HookTask::FollowJournal(journal) => self.follow(journal),
                HookTask::CallEndHooks(result) => return self.call_end_hooks(*result),
            }
        }
    }

    /// Calls the hooks of each node that ends. Waits for the journal without polling.
    fn follow(&mut self, mut journal: JournalReader) {
        let wanted = [HookEvent::PostModel, HookEvent::PostNode];
        if !self.hooks.iter().any(|hook| wanted.contains(&hook.event)) {
            return;
        }
        while let Some(entry) = journal.blocking_next() {
            match entry {
                Entry::Header(header) => self.command.flow.name(&header.flow),
                Entry::Effect(effect) => {
                    if let Effect::NodeFinished(task, end) = *effect {
                        self.call_node_hooks(&task, &end);
                    }
                }
            }
        }
    }

    fn call_node_hooks(&mut self, task: &TaskRun, end: &NodeEnd) {
        let id = &task.unique_id;
        let status = HookStatus::of_node(&end.result.status);
        let report = NodeReport::new(&end.result, &end.state, task.start_time, end.end_time);
        let message = end.result.message.clone().or(end.state.message.clone());
        let mut context = DbtHookContext {
            node_id: Some(id.clone()),
            status: Some(status),
            result: Some(HookResult::Node(Box::new(report))),
            error: message.filter(|_| status == HookStatus::Error),
            node_ids: vec![id.clone()],
            ..self.context(HookEvent::PostNode)
        };
        // Hooks of models and of nodes are called in the order of registration, each with its own event.
        let is_model = end.result.resource_type == "model";
        for hook in self.hooks.clone() {
            let is_for_it = match hook.event {
                HookEvent::PostNode => true,
                HookEvent::PostModel => is_model,
                HookEvent::RunStart | HookEvent::RunEnd => false,
            };
            if is_for_it && self.selects(&hook, std::slice::from_ref(id)) {
                context.event = hook.event;
                self.call_one(&hook, &context);
            }
        }
    }

    fn call_end_hooks(mut self, result: RunResult) {
        let status = if result.success {
            HookStatus::Success
        } else {
            HookStatus::Error
        };
        let node_ids = result.nodes.iter().flatten();
        let context = DbtHookContext {
            status: Some(status),
            result: Some(HookResult::Run {
                success: result.success,
            }),
            node_ids: node_ids.map(|(id, _)| id.clone()).collect(),
            run_results: result.nodes,
            error: result.error,
            ..self.context(HookEvent::RunEnd)
        };
        self.call(&context, |this, hook| this.selects(hook, &context.node_ids));
    }

    /// Calls the hooks of the context's event for which `wanted` is true.
    fn call(&mut self, context: &DbtHookContext, wanted: impl Fn(&mut Self, &Hook) -> bool) {
        for hook in self.hooks.clone() {
            if hook.event == context.event && wanted(self, &hook) {
                self.call_one(&hook, context);
            }
        }
    }

    fn selects(&mut self, hook: &Hook, node_ids: &[String]) -> bool {
        if hook.select.is_none() {
            return true;
        }
        let (hooks, warn) = (&self.hooks, &self.warn);
        let manifest = self.manifest.get();
        let selections = self.selections.get_or_insert_with(|| match manifest {
            Some(manifest) => {
                HookSelections::resolve(hooks, manifest, self.selectors.as_ref(), &**warn)
            }
            None => {
                if !node_ids.is_empty() {
                    warn("hooks with a selection are not called: the run has no manifest");
                }
                HookSelections::default()
            }
        });
        node_ids.iter().any(|id| selections.matches(hook, id))
    }

    fn call_one(&mut self, hook: &Hook, context: &DbtHookContext) {
        if self.stop.is_requested() {
            return;
        }
        self.timer.hook_starts(&hook.name);
        let called = catch_unwind(AssertUnwindSafe(|| match &hook.call {
            Callable::Blocking(call) => call(context),
            Callable::Async(call) => {
                let future = call(context.clone());
                self.runtime()?.block_on(future)
            }
        }));
        self.timer.hook_returned();
        match called {
            Ok(Ok(())) => {}
            Ok(Err(error)) => (self.warn)(&format!("{} failed: {error}", hook.name)),
            Err(panic) => (self.warn)(&format!(
                "{} panicked: {}",
                hook.name,
                panic_message(&*panic)
            )),
        }
    }

    fn runtime(&mut self) -> Result<&Runtime, BoxError> {
        if self.runtime.is_none() {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            self.runtime = Some(runtime);
        }
        self.runtime.as_ref().ok_or_else(|| "no runtime".into())
    }

    fn context(&self, event: HookEvent) -> DbtHookContext {
        let command = self.command.clone();
        DbtHookContext {
            event,
            command: command.command,
            owner: command.owner,
            args: command.args,
            node_id: None,
            status: None,
            result: None,
            run_results: None,
            error: None,
            node_ids: Vec::new(),
            flow: command.flow.now(),
            manifest: self.manifest.get().cloned(),
            held_locks: command.request.held_locks(),
            stop: self.stop.clone(),
        }
    }
}

/// The message of a panic.
fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests;
