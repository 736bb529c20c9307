//! One hook: when it is called, and what is called.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::context::{DbtHookContext, HookEvent};

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a hook may give back: nothing, or a result, whose error becomes a warning.
pub trait HookOutput {
    /// The result.
    ///
    /// # Errors
    /// What the hook failed with.
    fn into_result(self) -> Result<(), BoxError>;
}

impl HookOutput for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> HookOutput for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A hook that was registered.
#[derive(Clone)]
pub(super) struct Hook {
    pub(super) event: HookEvent,
    /// What warnings call it.
    pub(super) name: String,
    /// Selections, of which a node has to be in one; `None` for all nodes.
    pub(super) select: Option<Vec<String>>,
    pub(super) call: Callable,
}

/// What a hook runs.
#[derive(Clone)]
pub(super) enum Callable {
    Blocking(Arc<BlockingHook>),
    Async(Arc<AsyncHook>),
}

type BlockingHook = dyn Fn(&DbtHookContext) -> Result<(), BoxError> + Send + Sync;
type AsyncHook = dyn Fn(DbtHookContext) -> HookFuture + Send + Sync;

/// What an asynchronous hook is while it runs. It stays on its thread.
type HookFuture = Pin<Box<dyn Future<Output = Result<(), BoxError>>>>;

impl Callable {
    pub(super) fn blocking<F, R>(hook: F) -> Self
    where
        F: Fn(&DbtHookContext) -> R + Send + Sync + 'static,
        R: HookOutput,
    {
        Self::Blocking(Arc::new(move |context| hook(context).into_result()))
    }

    pub(super) fn asynchronous<F, Fut>(hook: F) -> Self
    where
        F: Fn(DbtHookContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HookOutput> + 'static,
    {
        Self::Async(Arc::new(move |context| {
            let future = hook(context);
            Box::pin(async move { future.await.into_result() })
        }))
    }
}
