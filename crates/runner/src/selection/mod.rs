//! The nodes that a command line selects from a manifest, without starting dbt. The evaluation is `dbt_selector`'s.

mod flags;
mod jinja_order;
mod nodes;
mod output_choice;
mod selected;
mod selectors_file;
mod selectors_jinja;
mod target;

pub(crate) use flags::SelectionFlags;
pub(crate) use output_choice::OutputChoice;
pub(crate) use selected::{command_of, names_state, selected};
pub(crate) use selectors_file::SelectorsFile;
#[cfg(feature = "cli")]
pub(crate) use selectors_file::SelectorsFileError;
