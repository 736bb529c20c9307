//! The assets of one invocation: what there is to read for them, and when.

use std::path::PathBuf;

use dbt_events::Event;
use dbt_manifest::Manifest;

use crate::dbt::DbtArgs;
use crate::model::Effect;
use crate::request::Request;
use crate::track::{AssetOptions, Assets, materializes};

/// Adds the assets' events to a run's effects, from the moment that the manifest is there.
#[derive(Debug)]
pub(super) struct AssetWatch {
    /// How they are reported; `None` when they are not.
    options: Option<AssetOptions>,
    assets: Option<Assets>,
    /// Where dbt writes compiled code.
    compiled: PathBuf,
}

impl AssetWatch {
    /// The watch over an invocation that writes to `target`.
    pub(super) fn new(request: &Request, args: &DbtArgs, target: &std::path::Path) -> Self {
        let options = request.assets.clone();
        Self {
            options: options.filter(|_| materializes(&args.command)),
            assets: None,
            compiled: target.join("compiled"),
        }
    }

    /// Learns the project's assets.
    pub(super) fn learn(&mut self, manifest: &Manifest) {
        self.assets = self
            .options
            .take()
            .map(|options| Assets::new(manifest, &options));
    }

    /// Adds what an event of dbt's meant for assets to its effects; gives what people should know.
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
