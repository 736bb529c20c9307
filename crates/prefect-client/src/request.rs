//! A request to one endpoint of the API.

use std::fmt;

use reqwest::Method;
use serde::Serialize;

use crate::api::segment;
use crate::error::Error;

/// A request to any endpoint, for those that have no method on [`Client`](crate::Client). It is sent by
/// [`Client::send`](crate::Client::send), with the same credentials, retries and masking as every other request.
///
/// ```
/// # async fn example(client: &prefect_client::Client) -> Result<(), prefect_client::Error> {
/// use prefect_client::Request;
/// use serde_json::json;
///
/// let failed = json!({"flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}});
/// let count: u64 = client
///     .send(&Request::post("/flow_runs/count").json(&failed)?.repeatable(true))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a request is sent by `Client::send`"]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) repeatable: bool,
}

impl Request {
    /// A GET. `path` begins with `/`, and follows the URL of the API: `/flow_runs/{id}`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A POST. It is not repeated if the server may have acted on it: see [`repeatable`](Self::repeatable).
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path).repeatable(false)
    }

    /// A PUT.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    /// A PATCH.
    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    /// A DELETE.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            body: None,
            repeatable: true,
        }
    }

    /// Adds a parameter to the query. The value is percent-encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        self.path.push(separator);
        self.path.push_str(&segment(name));
        self.path.push('=');
        self.path.push_str(&segment(value));
        self
    }

    /// Sets the body.
    ///
    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the value has no form in JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| {
            let path = self.shown_path();
            Error::invalid(format!("cannot serialise the body for {path}: {error}"))
        })?;
        self.body = Some(body);
        Ok(self)
    }

    /// Whether the server may receive the request twice without harm: it only reads, or has an id or a key of its own. A request
    /// that is not repeatable is sent again only if the server has certainly not acted on it. Only a POST is not repeatable by
    /// default.
    pub fn repeatable(mut self, repeatable: bool) -> Self {
        self.repeatable = repeatable;
        self
    }

    /// # Errors
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the path could change the host that the credentials are sent to.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.path.starts_with('/') {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the path `{}` must begin with `/`",
            self.shown_path()
        )))
    }

    /// The path without the query, which may contain a secret.
    pub(crate) fn shown_path(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    pub(crate) fn method_name(&self) -> &'static str {
        match self.method {
            Method::GET => "GET",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            _ => "POST",
        }
    }
}

/// Shows method and path only, because query and body may contain secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, self.shown_path())
    }
}
