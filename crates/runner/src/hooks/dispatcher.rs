//! The thread that calls hooks.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};

use dbt_manifest::Manifest;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::context::{DbtHookContext, HookEvent, HookResult, HookStatus};
use super::hang_watch::Pulse;
use super::hook::{BoxError, Callable, Hook};
use super::node_report::NodeReport;
use super::owner::HookOwner;
use super::selection::Selections;
use crate::hooks::schedule::Schedule;
use crate::model::{Effect, NodeEnd, TaskRun};
use crate::request::FlowContext;
use crate::store::{Entry, JournalReader};

/// What every hook of an invocation is told.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    pub(super) command: String,
    pub(super) args: Vec<String>,
    pub(super) owner: Option<HookOwner>,
    pub(super) flow: Option<FlowContext>,
}

/// What the thread is to do next.
#[derive(Debug)]
pub(super) enum Order {
    /// Call what is to be called before dbt starts, and answer when that is done.
    Start(Schedule, oneshot::Sender<()>),
    /// Follow the run to its end.
    Follow(JournalReader),
    /// Call what is to be called at the end, and end.
    End(Box<End>),
}

/// How the run ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) success: bool,
    pub(super) error: Option<String>,
    pub(super) run_results: Option<BTreeMap<String, NodeReport>>,
}

/// Calls hooks, one after another.
pub(super) struct Dispatcher {
    pub(super) basis: Basis,
    pub(super) hooks: Vec<Hook>,
    /// The manifest of the run, from when dbt has written it.
    pub(super) manifest: Arc<OnceLock<Arc<Manifest>>>,
    pub(super) warn: Arc<dyn Fn(&str) + Send + Sync>,
    pub(super) pulse: Pulse,
    /// Set when nobody waits for hooks any more.
    pub(super) abandoned: Arc<AtomicBool>,
    pub(super) selections: Option<Selections>,
    pub(super) runtime: Option<Runtime>,
}

impl Dispatcher {
    /// Follows orders to the last.
    pub(super) fn work(mut self, orders: &Receiver<Order>) {
        while let Ok(order) = orders.recv() {
            match order {
                Order::Start(schedule, done) => {
                    let context = DbtHookContext {
                        node_ids: schedule.node_ids,
                        manifest: schedule.manifest,
                        ..self.context(HookEvent::RunStart)
                    };
                    self.call(&context, |_, _| true);
                    // Who asked may have stopped waiting.
                    let _ = done.send(());
                }
                Order::Follow(journal) => self.follow(journal),
                Order::End(end) => return self.end(*end),
            }
        }
    }

    fn follow(&mut self, mut journal: JournalReader) {
        let wanted = [HookEvent::PostModel, HookEvent::PostNode];
        if !self.hooks.iter().any(|hook| wanted.contains(&hook.event)) {
            return;
        }
        while let Some(entry) = journal.blocking_next() {
            if let Entry::Effect(effect) = entry
                && let Effect::NodeFinished(task, end) = *effect
            {
                self.node(&task, &end);
            }
        }
    }

    /// A node ended.
    pub(super) fn node(&mut self, task: &TaskRun, end: &NodeEnd) {
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
        // Hooks for models and for nodes are called in the order in which they were registered, each with its event.
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

    fn end(mut self, end: End) {
        let status = if end.success {
            HookStatus::Success
        } else {
            HookStatus::Error
        };
        let node_ids = end.run_results.iter().flatten();
        let context = DbtHookContext {
            status: Some(status),
            result: Some(HookResult::Run {
                success: end.success,
            }),
            node_ids: node_ids.map(|(id, _)| id.clone()).collect(),
            run_results: end.run_results,
            error: end.error,
            ..self.context(HookEvent::RunEnd)
        };
        self.call(&context, |this, hook| this.selects(hook, &context.node_ids));
    }

    /// Calls the hooks of the context's event that `wanted` says.
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
            Some(manifest) => Selections::resolve(hooks, manifest, &**warn),
            None => {
                if !node_ids.is_empty() {
                    warn(
                        "hooks with a selection are called for nothing, for want of the run's manifest",
                    );
                }
                Selections::default()
            }
        });
        node_ids.iter().any(|id| selections.matches(hook, id))
    }

    fn call_one(&mut self, hook: &Hook, context: &DbtHookContext) {
        if self.abandoned.load(Ordering::Acquire) {
            return;
        }
        self.pulse.begins(&hook.name);
        let called = catch_unwind(AssertUnwindSafe(|| match &hook.call {
            Callable::Blocking(call) => call(context),
            Callable::Async(call) => {
                let future = call(context.clone());
                self.runtime()?.block_on(future)
            }
        }));
        self.pulse.ends();
        match called {
            Ok(Ok(())) => {}
            Ok(Err(error)) => (self.warn)(&format!("{} failed: {error}", hook.name)),
            Err(panic) => (self.warn)(&format!("{} panicked: {}", hook.name, said(&*panic))),
        }
    }

    fn runtime(&mut self) -> Result<&Runtime, BoxError> {
        if self.runtime.is_none() {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            self.runtime = Some(runtime);
        }
        self.runtime
            .as_ref()
            .ok_or_else(|| "there is no runtime".into())
    }

    fn context(&self, event: HookEvent) -> DbtHookContext {
        let basis = self.basis.clone();
        DbtHookContext {
            event,
            command: basis.command,
            owner: basis.owner,
            args: basis.args,
            node_id: None,
            status: None,
            result: None,
            run_results: None,
            error: None,
            node_ids: Vec::new(),
            flow: basis.flow,
            manifest: self.manifest.get().cloned(),
        }
    }
}

/// What a panic said.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it did not say why")
}

#[cfg(test)]
mod tests;
