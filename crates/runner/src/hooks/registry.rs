//! Registering hooks.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use super::context::{DbtHookContext, HookEvent};
use super::hook::{Callable, Hook, HookOutput};

/// The hooks of a runner, in the order in which they were registered. Clones share them.
#[derive(Clone, Default)]
pub struct Hooks(Arc<Mutex<Vec<Hook>>>);

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.all().into_iter().map(|hook| hook.name).collect();
        f.debug_tuple("Hooks").field(&names).finish()
    }
}

impl Hooks {
    /// Calls `hook` before dbt starts. It sees every node that is scheduled, and so takes no selection.
    #[track_caller]
    pub fn on_run_start<F, R>(&self, hook: F)
    where
        F: Fn(&DbtHookContext) -> R + Send + Sync + 'static,
        R: HookOutput,
    {
        self.builder(HookEvent::RunStart).call(hook);
    }

    /// As [`on_run_start`](Self::on_run_start), for an asynchronous hook.
    #[track_caller]
    pub fn on_run_start_async<F, Fut>(&self, hook: F)
    where
        F: Fn(DbtHookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HookOutput> + 'static,
    {
        self.builder(HookEvent::RunStart).call_async(hook);
    }

    /// A hook for each model that ends, skipped ones included; ephemeral ones never run.
    #[track_caller]
    pub fn post_model(&self) -> HookBuilder {
        self.builder(HookEvent::PostModel)
    }

    /// A hook for each node that ends: models, seeds, snapshots, tests, sources, SQL hooks.
    #[track_caller]
    pub fn post_node(&self) -> HookBuilder {
        self.builder(HookEvent::PostNode)
    }

    /// A hook for the end of each run, well or bad, after all others. With a selection it is called only if one of the
    /// nodes that took part is in it.
    #[track_caller]
    pub fn on_run_end(&self) -> HookBuilder {
        self.builder(HookEvent::RunEnd)
    }

    pub(super) fn all(&self) -> Vec<Hook> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    #[track_caller]
    pub(super) fn builder(&self, event: HookEvent) -> HookBuilder {
        HookBuilder {
            hooks: self.clone(),
            event,
            name: format!("{event} hook at {}", Location::caller()),
            select: None,
        }
    }
}

/// A hook that is about to be registered: say what to call, and it is.
#[must_use = "a hook is registered by `call` or `call_async`"]
#[derive(Debug)]
pub struct HookBuilder {
    hooks: Hooks,
    event: HookEvent,
    name: String,
    select: Option<Vec<String>>,
}

impl HookBuilder {
    /// Only for nodes in this selection, as `dbt ls --select` understands it; several calls join theirs.
    pub fn select(mut self, selection: impl Into<String>) -> Self {
        self.select.get_or_insert_default().push(selection.into());
        self
    }

    /// What warnings call the hook; its place in the source when not given.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Registers a hook.
    pub fn call<F, R>(self, hook: F)
    where
        F: Fn(&DbtHookContext) -> R + Send + Sync + 'static,
        R: HookOutput,
    {
        self.register(Callable::blocking(hook));
    }

    /// Registers an asynchronous hook. It runs on a runtime of the hooks' own thread.
    pub fn call_async<F, Fut>(self, hook: F)
    where
        F: Fn(DbtHookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HookOutput> + 'static,
    {
        self.register(Callable::asynchronous(hook));
    }

    fn register(self, call: Callable) {
        let hook = Hook {
            event: self.event,
            name: self.name,
            select: self.select,
            call,
        };
        let mut hooks = self.hooks.0.lock().unwrap_or_else(PoisonError::into_inner);
        hooks.push(hook);
    }
}
