//! Which failures of nodes are run again in the same attempt. Pure: messages and nodes of the manifest in, decisions out.

mod can_repeat;
mod policy;
mod run_results;
mod transient;

pub(crate) use can_repeat::{CanRepeat, has_run_hooks};
pub use policy::HealPattern;
pub(crate) use policy::{HealPolicy, back_off};
pub(crate) use run_results::{merged_results, selected_results};
