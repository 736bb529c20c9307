//! Which nodes a run is going to run.

use std::sync::Arc;

use dbt_manifest::Manifest;

use super::project_manifest::ProjectManifest;
use crate::dbt::DbtArgs;
use crate::hooks::options::HookOptions;
use crate::model::{Stopper, error_chain};
use crate::observe::Observer;
use crate::request::Request;
use crate::selection::{SelectionFlags, command_of, selected};

/// The nodes that dbt is going to run.
#[derive(Debug, Default)]
pub(in crate::hooks) struct ScheduledNodes {
    /// The nodes, sorted by unique_id. Empty when the command selects none, or when they cannot be determined.
    pub(in crate::hooks) node_ids: Vec<String>,
    /// The manifest that holds them.
    pub(in crate::hooks) manifest: Option<Arc<Manifest>>,
}

impl ScheduledNodes {
    /// Determines the nodes. A failure is a warning, and leaves the list empty.
    pub(in crate::hooks) async fn find(
        request: &Request,
        options: &HookOptions,
        observer: &Arc<dyn Observer>,
        stopper: &Stopper,
    ) -> Self {
        match Self::try_find(request, options, stopper).await {
            Ok(scheduled) => scheduled.unwrap_or_default(),
            Err(problem) => {
                observer.on_warning(&format!(
                    "the hooks at the start of the run get no nodes: {problem}"
                ));
                Self::default()
            }
        }
    }

    /// `None` for a command that runs no nodes.
    async fn try_find(
        request: &Request,
        options: &HookOptions,
        stopper: &Stopper,
    ) -> Result<Option<Self>, String> {
        // A retry runs what is left of the command that was asked for.
        let asked = request.original_line();
        let flags = SelectionFlags::from_env(asked);
        if command_of(asked, &flags).is_none() {
            return Ok(None);
        }
        let project = ProjectManifest::of(request, &DbtArgs::of(asked))
            .map_err(|error| error_chain(&error))?;
        let manifest = match &options.manifest {
            Some(manifest) => Arc::clone(manifest),
            None => {
                project
                    .read_or_parse(request, options.may_parse, &flags, stopper)
                    .await?
            }
        };
        let node_ids = match &request.attempt.scheduled {
            Some(scheduled) => scheduled.clone(),
            None => selected(&manifest, asked, &project.project)?.unwrap_or_default(),
        };
        Ok(Some(Self {
            node_ids,
            manifest: Some(manifest),
        }))
    }
}
