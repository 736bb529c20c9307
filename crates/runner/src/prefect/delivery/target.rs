//! How a reporter gets its flow run.

use std::time::Duration;

use prefect_client::Client;
use uuid::Uuid;

use super::already_stored::AlreadyStored;
use super::outage::{Outages, SendError};
use crate::model::{ExistingFlowRun, FlowRunRef, Ownership};
use crate::prefect::flow_run::{Connection, NewRun, ProcessMark, create, join, resume};
use crate::store::Feed;

/// The flow run of a reporter, before it is connected.
#[derive(Debug)]
pub(super) enum Target {
    /// One that is connected already.
    Connected(Connection),
    /// One that is created.
    Create(NewRun),
    /// One that another part of the flow creates and ends; its id, if that is known.
    Shared(NewRun, Option<Uuid>),
    /// One that we own, and that the next attempt sets Running.
    Resume(Uuid),
    /// That of a run that is over, with what the server has stored of it.
    Past(Connection, AlreadyStored),
    /// None: task runs without a flow run.
    TaskRunsOnly,
}

impl Target {
    /// Whether we set the states of the flow run.
    pub(super) fn is_owned(&self) -> bool {
        match self {
            Self::Connected(connection) | Self::Past(connection, _) => {
                connection.ownership == Ownership::Owned
            }
            Self::Create(_) | Self::Resume(_) => true,
            Self::Shared(..) | Self::TaskRunsOnly => false,
        }
    }

    /// The flow run; `None` for task runs without one.
    pub(super) fn flow_run(&self) -> Option<FlowRunRef> {
        Some(match self {
            Self::Connected(connection) | Self::Past(connection, _) => {
                FlowRunRef::Existing(connection.flow_run()?)
            }
            Self::Resume(flow_run_id) => FlowRunRef::owned(*flow_run_id),
            Self::Shared(_, Some(id)) => FlowRunRef::Existing(ExistingFlowRun::attached(*id)),
            Self::Create(run) | Self::Shared(run, None) => FlowRunRef::ToCreate(run.names.clone()),
            Self::TaskRunsOnly => return None,
        })
    }

    /// Connects to the flow run, and waits outages out. A run that is over waits no longer than `longest_outage`. Also gives
    /// what the server has stored of a run that is over.
    pub(super) async fn connect<F: Feed>(
        self,
        (client, run_id, mark): (&Client, Uuid, Option<&ProcessMark>),
        outages: &mut Outages<'_>,
        journal: &F,
        longest_outage: Duration,
    ) -> Result<(Connection, Option<AlreadyStored>), SendError> {
        let connection = match self {
            Self::Connected(connection) => {
                outages.note_success();
                connection
            }
            Self::Past(connection, stored) => {
                outages.note_success();
                outages.limit(longest_outage);
                return Ok((connection, Some(stored)));
            }
            Self::TaskRunsOnly => Connection::without_flow_run(),
            Self::Create(run) => {
                let create = || create(client, run_id, &run);
                outages.wait_out(journal, create).await?
            }
            Self::Shared(run, id) => {
                let join = || join(client, &run, id);
                outages.wait_out(journal, join).await?
            }
            Self::Resume(id) => {
                let resume = || resume(client, run_id, id, mark);
                outages.wait_out(journal, resume).await?
            }
        };
        Ok((connection, None))
    }
}
