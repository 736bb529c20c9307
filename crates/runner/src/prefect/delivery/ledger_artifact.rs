//! The ledger of an attempt, as an artifact of its flow run.

use std::time::Duration;

use prefect_client::{Client, Error, NewArtifact};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::ledger::{Ledger, LedgerHead, encode};
use crate::model::{Effect, error_chain};

/// The type of the artifact.
const LEDGER: &str = "prefect-dbt-ledger";
/// What its page says.
const DESCRIPTION: &str =
    "What dbt has still to do in this flow run. A retry on another machine reads it.";
/// No write before this age of its first content: a run that is shorter has little to repeat, and the server less work.
const FIRST: Duration = Duration::from_secs(2);
/// The shortest time between two writes; also the multiple of the time that the last one took.
const PAUSE: Duration = Duration::from_secs(1);
const SHARE: u32 = 10;
/// How long a write may take: all other requests wait for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Whose ledger is written, and how.
#[derive(Debug, Clone)]
pub(crate) struct LedgerOptions {
    /// The attempt.
    pub(crate) head: LedgerHead,
    /// Whether a ledger that cannot be written is worth a notice.
    pub(crate) is_required: bool,
}

/// Writes the ledger beside the run. A write that fails is repeated with the next change.
pub(super) struct LedgerArtifact {
    ledger: Ledger,
    is_required: bool,
    id: Option<Uuid>,
    /// Whether the server may have one of this attempt.
    was_sent: bool,
    has_changed: bool,
    /// No write before this; `None` until there is something to write.
    earliest: Option<Instant>,
}

impl LedgerArtifact {
    pub(super) fn new(options: LedgerOptions) -> Self {
        Self {
            ledger: Ledger::new(options.head),
            is_required: options.is_required,
            id: None,
            was_sent: false,
            has_changed: false,
            earliest: None,
        }
    }

    /// Takes the next effect of the journal.
    pub(super) fn take(&mut self, effect: &Effect) {
        if self.ledger.take(effect) {
            self.has_changed = true;
            self.earliest.get_or_insert_with(|| Instant::now() + FIRST);
        }
    }

    /// When it is to be written; `None` if it has not changed.
    pub(super) fn due(&self) -> Option<Instant> {
        self.earliest.filter(|_| self.has_changed)
    }

    pub(super) fn is_due(&self) -> bool {
        self.due().is_some_and(|due| due <= Instant::now())
    }

    /// Writes the ledger if it has changed. Gives the problem, if the user wants to know it.
    pub(super) async fn write(&mut self, client: &Client, flow_run_id: Uuid) -> Option<String> {
        if !std::mem::take(&mut self.has_changed) {
            return None;
        }
        let begun = Instant::now();
        let written = timeout(TIMEOUT, self.send(client, flow_run_id)).await;
        self.earliest = Some(Instant::now() + PAUSE.max(begun.elapsed() * SHARE));
        let problem = match written {
            Ok(Ok(())) => return None,
            Ok(Err(error)) => error_chain(&error),
            Err(_) => "the server does not answer".to_owned(),
        };
        tracing::debug!(problem, "cannot write the ledger");
        let is_first = std::mem::take(&mut self.is_required);
        is_first.then(|| format!("the ledger: {problem}"))
    }

    async fn send(&mut self, client: &Client, flow_run_id: Uuid) -> Result<(), Error> {
        if self.ledger.has_succeeded {
            // There is nothing to retry.
            return match (self.was_sent, self.ledger.head.attempt) {
                (false, 1) => Ok(()),
                _ => delete_others(client, flow_run_id, None).await,
            };
        }
        let Some(text) = encode(&self.ledger) else {
            return Ok(());
        };
        if let Some(id) = self.id {
            return client.update_artifact(id, &text.into()).await;
        }
        self.was_sent = true;
        let mut artifact = NewArtifact::new(LEDGER, text.into()).of_flow_run(flow_run_id);
        artifact.description = Some(DESCRIPTION.to_owned());
        let id = client.create_artifact(&artifact).await?.id;
        self.id = Some(id);
        // Those of earlier attempts.
        match self.ledger.head.attempt {
            1 => Ok(()),
            _ => delete_others(client, flow_run_id, Some(id)).await,
        }
    }
}

/// Deletes the ledgers of a flow run, but for one.
async fn delete_others(client: &Client, flow_run_id: Uuid, but: Option<Uuid>) -> Result<(), Error> {
    for found in client.filter_artifacts_of_type(flow_run_id, LEDGER).await? {
        if Some(found.id) != but {
            client.delete_artifact(found.id).await?;
        }
    }
    Ok(())
}

/// The text of the newest ledger of a flow run; `None` if it has none.
///
/// # Errors
/// When the API cannot be reached or refuses.
#[cfg(feature = "cli")]
pub(crate) async fn read_ledger(
    client: &Client,
    flow_run_id: Uuid,
) -> Result<Option<String>, Error> {
    let found = client.filter_artifacts_of_type(flow_run_id, LEDGER).await?;
    let newest = found.into_iter().next();
    Ok(newest.and_then(|artifact| artifact.data.as_str().map(str::to_owned)))
}
