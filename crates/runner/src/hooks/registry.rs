//! The hooks of a runner, and how they are registered.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use super::hook::{Callable, Hook, HookOutput};
use super::hook_context::{DbtHookContext, HookEvent};

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
    /// Calls `hook` before dbt starts. It gets all scheduled nodes, so that it takes no selection.
    #[track_caller]
    pub fn on_run_start<F, R>(&self, hook: F)
    where
        F: Fn(&DbtHookContext) -> R + Send + Sync + 'static,
        R: HookOutput,
    {
        self.builder(HookEvent::RunStart).call(hook);
    }

    /// Like [`on_run_start`](Self::on_run_start), for an asynchronous hook.
    #[track_caller]
    pub fn on_run_start_async<F, Fut>(&self, hook: F)
    where
        F: Fn(DbtHookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HookOutput> + 'static,
    {
        self.builder(HookEvent::RunStart).call_async(hook);
    }

    /// Adds a hook that is called after each model, skipped models included. Ephemeral models never run.
    #[track_caller]
    pub fn post_model(&self) -> HookBuilder {
        self.builder(HookEvent::PostModel)
    }

    /// Adds a hook that is called after each node: models, seeds, snapshots, tests, sources, SQL hooks.
    #[track_caller]
    pub fn post_node(&self) -> HookBuilder {
        self.builder(HookEvent::PostNode)
    }

    /// Adds a hook that is called at the end of each run, after all other hooks. With a selection it is called only if one
    /// of the nodes that took part is selected.
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

    /// Adds a hook for any event.
    #[track_caller]
    pub(crate) fn builder(&self, event: HookEvent) -> HookBuilder {
        HookBuilder {
            hooks: self.clone(),
            event,
            name: format!("{event} hook at {}", Location::caller()),
            select: None,
        }
    }
}

/// A hook that is not registered yet.
#[must_use = "a hook is registered by `call` or `call_async`"]
#[derive(Debug)]
pub struct HookBuilder {
    hooks: Hooks,
    event: HookEvent,
    name: String,
    select: Option<Vec<String>>,
}

impl HookBuilder {
    /// Restricts the hook to the nodes of a selection, in the syntax of `dbt ls --select`. Several calls make a union.
    pub fn select(mut self, selection: impl Into<String>) -> Self {
        self.select.get_or_insert_default().push(selection.into());
        self
    }

    /// Sets the name of the hook in warnings. The default is its place in the source code.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Registers the hook. It runs on the thread of all hooks. A closure cannot be stopped from outside: when a stopped run
    /// abandons its hooks, one that is running goes on in the background until it returns or the process ends. So a hook
    /// that can wait for something should wait with a time limit.
    pub fn call<F, R>(self, hook: F)
    where
        F: Fn(&DbtHookContext) -> R + Send + Sync + 'static,
        R: HookOutput,
    {
        self.register(Callable::blocking(hook));
    }

    /// Registers an asynchronous hook. It runs on a Tokio runtime of the hook thread, and cannot be stopped from outside
    /// either.
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
