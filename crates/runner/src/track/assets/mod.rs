//! Assets: which relations a run built, and from which others. Pure; the resulting effects need no manifest.

mod asset_meta;
mod catalog;
mod description;
mod events;
mod hook;
mod key;
mod payload;
mod relation;

pub(crate) use asset_meta::ASSET_FIELDS;
pub use events::{AssetOptions, Assets, materializes};
pub use hook::AssetKeyHook;
pub use key::asset_key;
pub use relation::components;
