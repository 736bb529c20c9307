//! Assets: which relations a run has built, from which others. Pure; the effects that come of it need no manifest.

mod catalog;
mod description;
mod follow;
mod hook;
mod key;
mod payload;
mod relation;
mod told;

pub use follow::{AssetOptions, Assets, materializes};
pub use hook::AssetKeyHook;
pub use key::asset_key;
pub use relation::components;
