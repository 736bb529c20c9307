#![doc = include_str!("../README.md")]
//!
//! # Overview
//!
//! - [`Settings`] reads the URL of the API and the other settings, with Prefect's own order of precedence.
//! - [`Client`] has a method for each endpoint. It retries failed requests as its [`RetryPolicy`] says.
//! - [`Client::send`] sends a [`Request`] to any other endpoint.
//! - [`Error`] distinguishes invalid requests, missing responses (DNS, TLS, timeout, ...), failure statuses and unexpected
//!   bodies. It never shows a credential.
//! - [`Event`]s are validated before they are sent, because a malformed event disturbs the server.

#[macro_use]
mod setters;

mod api;
mod client;
mod csrf;
mod error;
mod explanation;
mod no_response;
mod request;
mod retry;
mod secret;
mod settings;
mod small_file;
mod tls;
mod transport;

pub use api::*;
pub use client::{API_VERSION, Client};
pub use error::{Cause, Error, ErrorKind, LARGEST_BODY, TlsProblem, TransportKind};
pub use request::Request;
pub use retry::{Failure, RetryPolicy, parse_retry_after};
pub use secret::Secret;
pub use settings::{ApiUrl, LoggingToApi, Settings, SettingsError, Sources};
