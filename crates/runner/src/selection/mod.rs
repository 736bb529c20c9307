//! The nodes that a command line selects from a manifest, without starting dbt. The evaluation is `dbt_selector`'s.

mod flags;
mod named_selectors;
mod nodes;
mod selected;

pub(crate) use flags::SelectionFlags;
pub(crate) use named_selectors::named_selectors;
pub(crate) use selected::{command_of, names_state, selected};
