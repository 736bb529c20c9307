//! One attempt in five stages: admit, start, record, judge, settle. Each stage consumes the one before it. Between record and
//! judge, dbt may run again for some of its nodes (heal).

use std::sync::Arc;

use tokio::time::Instant;

use super::admit::{Admission, admit};
use crate::model::Stopper;
use crate::observe::Observer;
use crate::outcome::{Error, Outcome};
use crate::request::Request;

/// What every stage of an attempt can see.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) request: &'a Request,
    pub(super) observer: &'a Arc<dyn Observer>,
    pub(super) stopper: &'a Stopper,
    /// When the attempt has to end; also the waits before dbt starts count.
    pub(super) deadline: Option<Instant>,
}

/// Runs dbt once and reports the run.
///
/// # Errors
/// When dbt cannot be started, or when the run needs Prefect and cannot use it. Failures that dbt reports are no error.
pub(crate) async fn run(
    request: Request,
    observer: Arc<dyn Observer>,
    stopper: Stopper,
) -> Result<Outcome, Error> {
    run_after(async || {}, request, observer, stopper).await
}

/// The same after `before`, which a request to stop ends. The flow run exists meanwhile.
pub(crate) async fn run_after(
    before: impl AsyncFnOnce(),
    request: Request,
    observer: Arc<dyn Observer>,
    stopper: Stopper,
) -> Result<Outcome, Error> {
    let attempt = Attempt {
        request: &request,
        observer: &observer,
        stopper: &stopper,
        deadline: request.timeout.map(|timeout| Instant::now() + timeout),
    };
    let admitted = match admit(attempt, before).await? {
        Admission::Granted(admitted) => *admitted,
        Admission::Stopped(outcome) => return Ok(*outcome),
    };
    let started = admitted.start(attempt)?;
    let recorded = started.record(attempt).await?;
    let healed = recorded.heal(attempt).await?;
    let judged = healed.judge(attempt);
    Ok(judged.settle(attempt).await)
}
