//! A client for the REST API of Prefect 3.
//!
//! ```no_run
//! use prefect_client::{Client, NewFlow, NewFlowRun, NewState, Settings, StateType};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // PREFECT_API_URL and other settings: from the environment, .env, prefect.toml, pyproject.toml or the active profile.
//! let client = Client::new(&Settings::from_env()?)?;
//! let flow = client.create_flow(&NewFlow::new("nightly")).await?;
//! let run = client.create_flow_run(&NewFlowRun::new(flow.id)).await?;
//! client.set_flow_run_state(run.id, &NewState::new(StateType::Running), false).await?;
//! client.set_flow_run_state(run.id, &NewState::new(StateType::Completed), false).await?;
//! # Ok(())
//! # }
//! ```
//!
//! `examples/report_a_run.rs` reports a complete run with task runs and logs.
//!
//! - [`Settings`] reads the URL of the API and the other settings, with Prefect's own order of precedence.
//! - [`Client`] has a method for each endpoint. It retries failed requests as its [`RetryPolicy`] says.
//! - [`Error`] distinguishes invalid requests, missing responses (DNS, TLS, timeout, ...), failure statuses and unexpected
//!   bodies. It never shows a credential.
//! - [`Event`]s are validated before they are sent, because a malformed event disturbs the server.

mod api;
mod client;
mod csrf;
mod error;
mod explanation;
mod no_response;
mod retry;
mod secret;
mod settings;
mod small_file;
mod tls;
mod transport;

pub use api::*;
pub use client::{API_VERSION, Client};
pub use error::{Cause, Error, LARGEST_BODY, TlsProblem, TransportKind};
pub use retry::{Failure, RetryPolicy, parse_retry_after};
pub use secret::Secret;
pub use settings::{ApiUrl, LoggingToApi, Settings, SettingsError, Sources};
