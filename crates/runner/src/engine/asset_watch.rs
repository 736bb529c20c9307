//! The assets of one run, followed from the moment that the manifest is known.

use std::path::PathBuf;

use dbt_events::Event;
use dbt_manifest::Manifest;

use crate::dbt::DbtArgs;
use crate::model::Effect;
use crate::request::Request;
use crate::track::{AssetOptions, Assets, materializes};

/// Adds asset events to the effects of a run. Before the manifest is known it adds none.
#[derive(Debug)]
pub(super) struct AssetWatch {
    /// How assets are reported; `None` when they are not.
    options: Option<AssetOptions>,
    assets: Option<Assets>,
    /// The folder of compiled code.
    compiled: PathBuf,
}

impl AssetWatch {
    /// Follows the run of a request that writes to `target`.
    pub(super) fn new(request: &Request, args: &DbtArgs, target: &std::path::Path) -> Self {
        let options = request.assets.clone();
        Self {
            options: options.filter(|_| materializes(&args.command)),
            assets: None,
            compiled: target.join("compiled"),
        }
    }

    /// Takes the assets of the project from its manifest.
    pub(super) fn set_manifest(&mut self, manifest: &Manifest) {
        self.assets = self
            .options
            .take()
            .map(|options| Assets::new(manifest, &options));
    }

    /// Adds the asset events that follow from the effects of an event of dbt's. Returns warnings.
    pub(super) fn follow(
        &mut self,
        event: Option<&Event<'_>>,
        effects: &mut Vec<Effect>,
    ) -> Vec<String> {
        let Some(assets) = &mut self.assets else {
            return Vec::new();
        };
        let compiled = |path: &str| fs_err::read_to_string(self.compiled.join(path)).ok();
        assets.follow(event, &compiled, effects);
        assets.take_warnings()
    }
}
