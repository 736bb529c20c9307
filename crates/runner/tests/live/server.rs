//! The client and the runtime with which tests ask the suite's server: one for all, because a client loads the certificates
//! of the system.

use std::sync::LazyLock;

use prefect_client::{Client, Settings};
use tokio::runtime::{Builder, Runtime};

use super::environment::TestEnvironment;

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let api = TestEnvironment::from_env().api;
    Client::new(&Settings::with_api_url(&api)).unwrap()
});

/// It has a thread of its own, so that connections live on between two calls.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
});

/// The result of a call of the server's API.
pub(super) fn ask<T>(call: impl AsyncFnOnce(&Client) -> T) -> T {
    RUNTIME.block_on(call(&CLIENT))
}
