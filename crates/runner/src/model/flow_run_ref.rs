//! Which flow run an invocation reports to, and who sets its states.

use uuid::Uuid;

/// Who sets the states of a flow run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a flow run is owned or is not")]
pub enum Ownership {
    /// This process does: it is the engine of the flow run, or creates it.
    Owned,
    /// Another process does. This one only adds task runs, logs and assets.
    Attached,
}

impl Ownership {
    pub(crate) const fn owned_if(is_owned: bool) -> Self {
        if is_owned {
            Self::Owned
        } else {
            Self::Attached
        }
    }
}

/// A flow run that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExistingFlowRun {
    /// Its id.
    pub id: Uuid,
    /// Who sets its states.
    pub ownership: Ownership,
}

impl ExistingFlowRun {
    pub(crate) const fn new(id: Uuid, ownership: Ownership) -> Self {
        Self { id, ownership }
    }

    /// A flow run whose states this process sets.
    pub(crate) const fn owned(id: Uuid) -> Self {
        Self::new(id, Ownership::Owned)
    }

    /// A flow run whose states another process sets.
    pub(crate) const fn attached(id: Uuid) -> Self {
        Self::new(id, Ownership::Attached)
    }

    /// Whether this process sets its states.
    #[must_use]
    pub fn is_owned(self) -> bool {
        self.ownership == Ownership::Owned
    }
}

/// What a flow run is to be called when it is created.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewFlowRun {
    /// Name of the flow; `None` in old journals of runs that were not reported.
    pub flow_name: Option<String>,
    /// Name of the flow run.
    pub flow_run_name: String,
    /// Tags of the flow run.
    pub tags: Vec<String>,
}

/// Which flow run an invocation reports to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlowRunRef {
    /// A flow run that exists.
    Existing(ExistingFlowRun),
    /// A flow run that this process creates as soon as the API can be reached, and owns.
    ToCreate(NewFlowRun),
    /// None: no Prefect API is configured, or it is not to be used. A replay creates this flow run.
    NotReported(NewFlowRun),
}

impl FlowRunRef {
    /// An existing flow run whose states this process sets.
    pub(crate) const fn owned(id: Uuid) -> Self {
        Self::Existing(ExistingFlowRun::owned(id))
    }

    /// The flow run, if it exists.
    #[must_use]
    pub fn existing(&self) -> Option<ExistingFlowRun> {
        match self {
            Self::Existing(run) => Some(*run),
            Self::ToCreate(_) | Self::NotReported(_) => None,
        }
    }

    /// The id of the flow run, if it exists and this process sets its states.
    #[must_use]
    pub fn owned_id(&self) -> Option<Uuid> {
        self.existing()
            .filter(|run| run.is_owned())
            .map(|run| run.id)
    }

    /// Whether the invocation is reported to Prefect.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        !matches!(self, Self::NotReported(_))
    }

    /// The same flow run after it was created with this id; unchanged if it was not created.
    pub(crate) fn created_as(self, id: Option<Uuid>) -> Self {
        match (self, id) {
            (Self::ToCreate(_), Some(id)) => Self::owned(id),
            (unchanged, _) => unchanged,
        }
    }
}
