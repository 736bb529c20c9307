//! Deployments that run prefect-dbt on a Prefect work pool, without a Python flow.
//!
//! ```no_run
//! use prefect_client::{Client, Settings};
//! use prefect_dbt::deploy::{DeploySpec, deploy};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(&Settings::from_env()?)?;
//! let mut spec = DeploySpec::new("nightly", "my-pool", ["build", "--select", "tag:nightly"]);
//! spec.working_dir = Some("/srv/shop".to_owned());
//! let deployed = deploy(&client, &spec).await?;
//! println!("{}", deployed.page.unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! [`plan`] builds the request from a specification and a work pool, without I/O. [`deploy`] sends it. [`follow`] watches a
//! run until it ends.

mod create;
mod cron;
mod error;
mod follow;
mod plan;
mod schedule;
mod spec;
mod work_pool;

pub use create::{Deployed, deploy, start};
pub use error::DeployError;
pub use follow::{Progress, exit_code, follow};
pub use plan::{Plan, plan};
pub use schedule::{Schedule, When};
pub use spec::DeploySpec;

#[cfg(test)]
mod tests;
