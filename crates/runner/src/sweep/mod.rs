//! Closes the flow runs and task runs of this program whose process is gone, whatever became of its disk.
//!
//! What is dead is decided in `judge`, from what the server says and what can be seen of the process on this machine. No disk is
//! needed for it. Only flow runs that carry the labels of this program are touched, and task runs that carry those of dbt's nodes.

mod close;
#[cfg(feature = "cli")]
mod error;
mod judge;
mod look;
mod options;
mod run;

#[cfg(feature = "cli")]
pub(crate) use error::SweepError;
pub(crate) use options::{Flows, SweepOptions};
pub(crate) use run::{Sweep, Swept};
