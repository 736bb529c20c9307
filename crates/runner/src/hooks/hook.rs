//! One hook: when it is called, and what is called.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::hook_context::{DbtHookContext, HookEvent};

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a hook may return: nothing, or a result whose error becomes a warning.
pub trait HookOutput {
    /// Converts the return value.
    ///
    /// # Errors
    /// The error that the hook returned.
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
    /// The name of the hook in warnings.
    pub(super) name: String,
    /// The hook is called for nodes in any of these selections; `None` for all nodes.
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

/// The future of an asynchronous hook. It stays on the hook thread.
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
