//! The client: credentials, headers and TLS, set up from the settings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use crate::csrf::{self, Csrf};
use crate::error::Error;
use crate::retry::RetryPolicy;
use crate::secret::Secret;
use crate::settings::{ApiUrl, Settings};
use crate::tls;

/// The version of Prefect's API that this crate uses, sent with each request. An older one makes the server behave as it did
/// before.
pub const API_VERSION: &str = "0.8.4";

/// A client of one API. Cloning is cheap and shares connections, credentials and the CSRF token.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
    pub(crate) retry: RetryPolicy,
}

/// The part that the clones of a client share.
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) url: ApiUrl,
    pub(crate) csrf: Csrf,
    /// Whether the server has responded to any request.
    reached: AtomicBool,
    /// Texts to mask in errors.
    pub(crate) secrets: Vec<Secret>,
    settings: Settings,
}

impl Client {
    /// Sets up a client. Sends no request.
    ///
    /// # Errors
    /// [`Setup`](crate::ErrorKind::Setup) if there is no API URL, or if the URL, a header or the certificate file is not usable.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let url = settings.api_url.clone().ok_or_else(|| {
            Error::setup(
                "no Prefect API is configured: set PREFECT_API_URL, or select a profile that sets it",
                None,
            )
        })?;
        if !url.expose().starts_with("http://") && !url.expose().starts_with("https://") {
            let problem =
                format!("PREFECT_API_URL must begin with http:// or https://, not `{url}`");
            return Err(Error::setup(&problem, None));
        }
        let shared = Shared {
            http: http_client(settings)?,
            csrf: Csrf::new(settings.csrf_support),
            reached: AtomicBool::new(false),
            secrets: secrets(settings, &url),
            url,
            settings: settings.clone(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            retry: settings.retry.clone(),
        })
    }

    /// The same client with another retry policy.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The settings that the client was set up from.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The URL of the API. Its `Display` form contains no credentials.
    #[must_use]
    pub fn api_url(&self) -> &ApiUrl {
        &self.shared.url
    }

    /// Whether the server has responded to any request of this client or its clones.
    #[must_use]
    pub fn has_reached_server(&self) -> bool {
        self.shared.reached.load(Ordering::Relaxed)
    }

    pub(crate) fn note_answer(&self) {
        self.shared.reached.store(true, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.shared.url)
            .finish_non_exhaustive()
    }
}

fn secrets(settings: &Settings, url: &ApiUrl) -> Vec<Secret> {
    let password = url
        .user_info()
        .map(|info| Secret::new(info.split_once(':').map_or(info, |(_, password)| password)));
    settings
        .api_key
        .iter()
        .chain(&settings.auth_string)
        .chain(settings.custom_headers.values())
        .cloned()
        .chain(password)
        .collect()
}

fn http_client(settings: &Settings) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .default_headers(headers(settings)?)
        .timeout(settings.request_timeout)
        // Prefect's server closes idle connections after 5 s. A request on a connection that is being closed is lost.
        .pool_idle_timeout(Duration::from_secs(4))
        // A redirect means that the URL is wrong, and would turn a POST into a GET.
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(tls::config(settings)?);
    if !settings.enable_http2 {
        builder = builder.http1_only();
    }
    builder.build().map_err(|error| {
        Error::setup(
            "cannot create the HTTP client",
            Some(error.without_url().into()),
        )
    })
}

fn headers(settings: &Settings) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    let product = concat!(
        env!("CARGO_PKG_NAME"),
        "/",
        env!("CARGO_PKG_VERSION"),
        " (API 0.8.4)"
    );
    headers.insert(USER_AGENT, HeaderValue::from_static(product));
    headers.insert(
        "x-prefect-api-version",
        HeaderValue::from_static(API_VERSION),
    );
    for (name, value) in &settings.attribution {
        // The server takes these as opaque texts without white space.
        let value: String = value.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if let Some(value) = authorization(settings) {
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            Error::setup(
                "the API key contains characters that an HTTP header cannot contain",
                None,
            )
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    for (name, value) in &settings.custom_headers {
        if is_reserved(name) {
            tracing::warn!(header = %name, "ignoring a custom header: this header cannot be replaced");
            continue;
        }
        let problem = format!("PREFECT_CLIENT_CUSTOM_HEADERS: invalid header `{name}`");
        let header = HeaderName::try_from(name)
            .map_err(|error| Error::setup(&problem, Some(error.into())))?;
        let mut value =
            HeaderValue::try_from(value.expose()).map_err(|_| Error::setup(&problem, None))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

fn authorization(settings: &Settings) -> Option<String> {
    if let Some(text) = &settings.auth_string {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text.expose());
        return Some(format!("Basic {encoded}"));
    }
    let key = settings.api_key.as_ref()?;
    Some(format!("Bearer {}", key.expose()))
}

fn is_reserved(header: &str) -> bool {
    ["user-agent", csrf::TOKEN_HEADER, csrf::CLIENT_HEADER]
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(header))
}
