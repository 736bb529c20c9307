//! What a run does for earlier runs, in the background: it delivers their journals, and closes those whose process is gone.

use std::sync::Arc;
use std::time::Duration;

use prefect_client::Client;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::run::Attempt;
use crate::model::{FlowRunRef, Notice, error_chain};
use crate::observe::Observer;
use crate::prefect::control::Supervision;
use crate::replay::deliver_owed_journals;
use crate::store::JournalFolder;
use crate::sweep::{Flows, Sweep, SweepOptions, Swept};

/// The work for earlier runs. Dropping it stops the work; the next run does the rest.
#[must_use = "dropping it stops the work"]
pub(super) struct EarlierRuns {
    work: JoinHandle<()>,
    /// Resolves when the work is done, or only waits for a second look.
    idle: oneshot::Receiver<()>,
}

impl EarlierRuns {
    /// Begins when the flow run of this run exists, whose retries the journal of an earlier attempt must not decide. The journals
    /// come first: they know more than the server.
    pub(super) fn begin(
        attempt: Attempt<'_>,
        (folder, client): (Option<&JournalFolder>, &Client),
        flow_run: &FlowRunRef,
        supervision: &Supervision,
    ) -> Self {
        let (folder, client) = (folder.cloned(), client.clone());
        let observer = Arc::clone(attempt.observer);
        let delivery = attempt.request.delivery;
        // A flow of several invocations does it for all of them.
        let is_part = attempt.request.shared.is_some();
        let flow_run_id = id_of(flow_run, supervision);
        let (busy, idle) = oneshot::channel::<()>();
        let work = tokio::spawn(async move {
            let id = flow_run_id.await;
            if let Some(folder) = &folder {
                let limits = (delivery.rate, delivery.budget);
                deliver_owed_journals(folder, &client, limits, &*observer).await;
            }
            if let Some(id) = id.filter(|_| !is_part) {
                sweep_flow(&client, id, &*observer, busy).await;
            }
        });
        Self { work, idle }
    }

    /// Waits for what there is to do now, but no longer than `limit`.
    pub(super) async fn finish(mut self, limit: Duration) {
        if tokio::time::timeout(limit, &mut self.idle).await.is_err() {
            tracing::debug!("the rest of the work for earlier runs is left to the next run");
        }
    }
}

impl Drop for EarlierRuns {
    fn drop(&mut self) {
        self.work.abort();
    }
}

/// The id of the flow run, when it exists; `None` for task runs without one. The run itself creates it, with its retries.
fn id_of(
    flow_run: &FlowRunRef,
    supervision: &Supervision,
) -> impl Future<Output = Option<Uuid>> + Send + use<> {
    let existing = flow_run.existing().map(|run| run.id);
    let is_created = matches!(flow_run, FlowRunRef::ToCreate(_));
    let mut known = supervision.flow_run_sender().subscribe();
    async move {
        if !is_created {
            return existing;
        }
        let id = known
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|id| *id);
        if id.is_none() {
            // It is never created.
            std::future::pending::<()>().await;
        }
        id
    }
}

/// Closes what is dead of the flow of this flow run. `busy` is dropped when there is nothing to do but wait.
async fn sweep_flow(
    client: &Client,
    flow_run_id: Uuid,
    observer: &dyn Observer,
    busy: oneshot::Sender<()>,
) {
    let swept = async {
        let run = client.read_flow_run(flow_run_id).await?;
        let options = SweepOptions {
            flows: Flows {
                ids: vec![run.flow_id],
                ..Flows::default()
            },
            ..SweepOptions::default()
        };
        let mut sweep = Sweep::new(client, options);
        notify(&sweep.first_look().await?, observer);
        drop(busy);
        notify(&sweep.second_look().await?, observer);
        Ok::<_, prefect_client::Error>(())
    };
    if let Err(error) = swept.await {
        let problem = error_chain(&error);
        tracing::debug!(problem, "cannot close dead runs");
    }
}

/// Reports what was closed. Flow runs with a journal are left to the next run in their project.
fn notify(swept: &[Swept], observer: &dyn Observer) {
    let runs = swept.iter().filter(|one| one.is_closed()).count();
    if runs > 0 {
        observer.on_notice(&Notice::Swept { runs });
    }
}
