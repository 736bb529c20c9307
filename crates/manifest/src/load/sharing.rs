//! Shares equal texts and configurations between the nodes of a manifest.

use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use serde_json::value::RawValue;

use crate::config::Config;
use crate::ids::UniqueId;
use crate::lenient::{List, Text};

/// The texts and configurations seen so far. In a big project most nodes have the same configuration as another one.
#[derive(Default)]
pub(super) struct Sharing<'a> {
    texts: HashSet<Arc<str>>,
    configs: HashMap<&'a str, Arc<Config>>,
    no_config: Arc<Config>,
}

impl<'a> Sharing<'a> {
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        self.texts.insert(new.clone());
        new
    }

    /// The text, or an empty one if there is none.
    pub(super) fn required(&mut self, text: &Text<'_>) -> Arc<str> {
        self.text(text.as_deref().unwrap_or_default())
    }

    pub(super) fn optional(&mut self, text: &Text<'_>) -> Option<Arc<str>> {
        text.as_deref().map(|text| self.text(text))
    }

    pub(super) fn id(&mut self, text: &str) -> UniqueId {
        self.text(text).into()
    }

    pub(super) fn list(&mut self, list: &List<'_>) -> Vec<Arc<str>> {
        list.0.iter().map(|text| self.text(text)).collect()
    }

    pub(super) fn ids(&mut self, list: &List<'_>) -> Vec<UniqueId> {
        list.0.iter().map(|text| self.id(text)).collect()
    }

    pub(super) fn config(
        &mut self,
        raw: Option<&'a RawValue>,
    ) -> Result<Arc<Config>, serde_json::Error> {
        let Some(raw) = raw else {
            return Ok(self.no_config.clone());
        };
        if let Some(known) = self.configs.get(raw.get()) {
            return Ok(known.clone());
        }
        let new = Arc::new(Config::new(raw)?);
        self.configs.insert(raw.get(), new.clone());
        Ok(new)
    }
}
