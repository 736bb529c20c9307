//! The flow run that several invocations of one flow share.

use tokio::sync::watch;
use uuid::Uuid;

use crate::prefect::flow_run::NewRun;

/// The flow run that an invocation shares with others. The flow sets its states.
#[derive(Debug, Clone)]
pub(crate) struct SharedRun {
    /// How it is created, if that is not done yet.
    pub(crate) new: NewRun,
    /// Its id, once it is known.
    pub(crate) id: watch::Receiver<Option<Uuid>>,
    /// Whether the flow is reported.
    pub(crate) is_reported: bool,
}

impl SharedRun {
    /// The id of the flow run, if it is known.
    pub(crate) fn known_id(&self) -> Option<Uuid> {
        let id = *self.id.borrow();
        id.or_else(|| self.new.id())
    }
}
