#![doc = include_str!("../README.md")]
//!
//! # Versions
//!
//! | file | schema versions | written by |
//! | --- | --- | --- |
//! | manifest.json | v4 to v12 | dbt 1.0 to 1.13, dbt 2 |
//! | run_results.json | v4 to v6 | dbt 1.0 to 1.13, dbt 2 |
//! | sources.json | v3 | dbt 1.0 to 1.13, dbt 2 |
//!
//! Old versions are converted to the model of the newest, and newer ones are read as the newest
//! ([`Artifact::newer_version`] has the warning). Unknown keys are ignored, unknown kinds of nodes are kept as
//! [`ResourceType::Other`], and a missing key counts as null. So do the numbers `NaN` and `Infinity`, which Python writes
//! although JSON does not have them.
//!
//! # Cost of reading
//!
//! A manifest is read in one pass over its text, which it keeps. Only the fields that selecting and running nodes needs are
//! parsed. Texts and configurations that occur more than once are shared. All other fields are parsed when they are read: see
//! [`Node::fields`]. A program that reads few of them frees the rest of the text: see [`Manifest::keep_fields`].

mod artifact;
mod config;
mod error;
mod fields;
mod header;
mod ids;
mod kept_fields;
mod lenient;
mod load;
mod manifest;
mod node;
mod non_finite;
mod run_results;
mod serialize;
mod sources;
mod version;

pub use artifact::{Artifact, NewerVersion};
pub use config::Config;
pub use error::{Error, ErrorKind};
pub use fields::Fields;
pub use header::Header;
pub use ids::{Collection, ResourceType, UniqueId};
pub use manifest::{Group, Macro, Manifest, Metadata, Owner};
pub use node::{Node, TestMetadata};
pub use non_finite::without_non_finite;
pub use run_results::{BatchResults, RunResult, RunResults, Timing};
pub use sources::{FreshnessLimit, SourceResult, Sources};
