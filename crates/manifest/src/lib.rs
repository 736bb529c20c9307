//! Typed models of dbt's manifest.json, run_results.json and sources.json.
//!
//! ```
//! use dbt_manifest::{Manifest, ResourceType};
//!
//! let text = br#"{
//!     "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "project_name": "shop"},
//!     "nodes": {
//!         "model.shop.orders": {
//!             "resource_type": "model", "name": "orders", "package_name": "shop", "fqn": ["shop", "marts", "orders"],
//!             "config": {"materialized": "table", "meta": {"owner": "ann"}},
//!             "depends_on": {"nodes": ["source.shop.raw.orders"]}, "raw_code": "select 1"
//!         }
//!     },
//!     "sources": {
//!         "source.shop.raw.orders": {"resource_type": "source", "name": "orders", "source_name": "raw"}
//!     }
//! }"#;
//! let manifest = Manifest::from_slice(text)?;
//! let orders = manifest.get("model.shop.orders").expect("it is there");
//!
//! assert_eq!(orders.resource_type, ResourceType::Model);
//! assert_eq!(orders.config.materialized.as_deref(), Some("table"));
//! assert_eq!(orders.config.get("meta").and_then(|meta| meta["owner"].as_str()), Some("ann"));
//! assert_eq!(orders.depends_on_nodes().collect::<Vec<_>>(), ["source.shop.raw.orders"]);
//! assert_eq!(orders.raw_code().as_deref(), Some("select 1"));
//! assert_eq!(manifest.iter().count(), 2);
//! # Ok::<(), dbt_manifest::Error>(())
//! ```
//!
//! # Versions
//!
//! | file | schema versions | written by |
//! | --- | --- | --- |
//! | manifest.json | v4 to v12 | dbt 1.0 to 1.12, dbt 2 |
//! | run_results.json | v4 to v6 | dbt 1.0 to 1.12, dbt 2 |
//! | sources.json | v3 | dbt 1.0 to 1.12, dbt 2 |
//!
//! Old versions are converted to the model of the newest. Unknown keys are ignored, unknown kinds of nodes are kept as
//! [`ResourceType::Other`], and a missing key counts as null.
//!
//! # Cost of reading
//!
//! A manifest is read in one pass over its text, which it keeps. Only the fields that selecting and running nodes needs are
//! parsed. Texts and configurations that occur more than once are shared. All other fields are parsed when they are read: see
//! [`Node::fields`].

mod artifact;
mod config;
mod error;
mod fields;
mod header;
mod ids;
mod lenient;
mod load;
mod manifest;
mod node;
mod run_results;
mod sources;
mod version;

pub use artifact::Artifact;
pub use config::Config;
pub use error::{Error, ErrorKind};
pub use fields::Fields;
pub use header::Header;
pub use ids::{Collection, ResourceType, UniqueId};
pub use manifest::{Group, Macro, Manifest, Metadata, Owner};
pub use node::{Node, TestMetadata};
pub use run_results::{BatchResults, RunResult, RunResults, Timing};
pub use sources::{FreshnessLimit, SourceResult, Sources};
