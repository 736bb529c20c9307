//! The settings that the sources resolve to.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::retry::RetryPolicy;
use crate::secret::Secret;

/// The settings of the client. [`Settings::default`] holds Prefect's defaults.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// `PREFECT_API_URL`: the URL of the API; `None` if it is not set, or set to an empty text.
    pub api_url: Option<ApiUrl>,
    /// `PREFECT_API_KEY`: sent as a bearer token.
    pub api_key: Option<Secret>,
    /// `PREFECT_API_AUTH_STRING`: sent as basic authentication. It has precedence over the key.
    pub auth_string: Option<Secret>,
    /// `PREFECT_API_TLS_INSECURE_SKIP_VERIFY`: accept any certificate and host name.
    pub tls_insecure_skip_verify: bool,
    /// `PREFECT_API_SSL_CERT_FILE`, else `SSL_CERT_FILE`: a PEM file with the certificates to trust instead of the system's.
    pub ssl_cert_file: Option<PathBuf>,
    /// `PREFECT_API_ENABLE_HTTP2`: allow HTTP/2 on TLS connections.
    pub enable_http2: bool,
    /// `PREFECT_API_REQUEST_TIMEOUT`: the time limit of one request, from connecting to the end of the response.
    pub request_timeout: Duration,
    /// `PREFECT_CLOUD_API_URL`: an API URL that begins with it belongs to Prefect Cloud.
    pub cloud_api_url: String,
    /// `PREFECT_CLOUD_MAX_LOG_SIZE`: the maximum size of one log line in Prefect Cloud, in bytes.
    pub cloud_max_log_size: usize,
    /// `PREFECT_CLIENT_MAX_RETRIES`, `_RETRY_JITTER_FACTOR` and `_RETRY_EXTRA_CODES`: when failed requests are retried.
    pub retry: RetryPolicy,
    /// `PREFECT_CLIENT_CSRF_SUPPORT_ENABLED`: ask the server for CSRF tokens.
    pub csrf_support: bool,
    /// `PREFECT_CLIENT_CUSTOM_HEADERS`: headers of each request, merged from all sources.
    pub custom_headers: BTreeMap<String, Secret>,
    /// `PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED`: compare the versions of client and server.
    pub server_version_check: bool,
    /// `PREFECT_LOGGING_LEVEL`: the lowest level of logs, in upper case.
    pub logging_level: String,
    /// `PREFECT_LOGGING_TO_API_*`: how logs are sent to the API.
    pub logging_to_api: LoggingToApi,
    /// `PREFECT_FLOWS_HEARTBEAT_FREQUENCY`: the time between two heartbeats of a flow run; at least 30 seconds.
    pub heartbeat_frequency: Duration,
    /// `PREFECT_FLOWS_DEFAULT_RETRIES`: the number of retries of a flow that does not set one.
    pub default_retries: u32,
    /// `PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS`: the delay before each retry of a flow that does not set one.
    pub default_retry_delay: Duration,
    /// The worker, flow and deployment that started this process, from `PREFECT__WORKER_ID` and similar variables: header name
    /// to value.
    pub attribution: BTreeMap<&'static str, String>,
    /// The name of the active profile; `None` if Prefect's packaged default is used.
    pub profile: Option<String>,
    /// Why the profiles file was ignored: Prefect ignores one that is not TOML.
    pub profile_problem: Option<String>,
}

/// How logs are sent to the API: `PREFECT_LOGGING_TO_API_*`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LoggingToApi {
    /// `_ENABLED`: send logs to the API.
    pub enabled: bool,
    /// `_BATCH_INTERVAL`: the maximum time between two batches of logs.
    pub batch_interval: Duration,
    /// `_BATCH_SIZE`: the maximum size of a batch in bytes. (Prefect's description says that it is a number of logs.)
    pub batch_size: usize,
    /// `_MAX_LOG_SIZE`: the maximum size of one log line as JSON, in bytes.
    pub max_log_size: usize,
    /// `_WHEN_MISSING_FLOW`: what to do with a log outside of a flow run: `warn`, `error` or `ignore`.
    pub when_missing_flow: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_url: None,
            api_key: None,
            auth_string: None,
            tls_insecure_skip_verify: false,
            ssl_cert_file: None,
            enable_http2: false,
            request_timeout: Duration::from_secs(60),
            cloud_api_url: "https://api.prefect.cloud/api".to_owned(),
            cloud_max_log_size: 25_000,
            retry: RetryPolicy::default(),
            csrf_support: true,
            custom_headers: BTreeMap::new(),
            server_version_check: true,
            logging_level: "INFO".to_owned(),
            logging_to_api: LoggingToApi::default(),
            heartbeat_frequency: Duration::from_secs(180),
            default_retries: 0,
            default_retry_delay: Duration::ZERO,
            attribution: BTreeMap::new(),
            profile: None,
            profile_problem: None,
        }
    }
}

impl Default for LoggingToApi {
    fn default() -> Self {
        Self {
            enabled: true,
            batch_interval: Duration::from_secs(2),
            batch_size: 4_000_000,
            max_log_size: 1_000_000,
            when_missing_flow: "warn".to_owned(),
        }
    }
}

impl Settings {
    /// The default settings with this API URL, for programs with a configuration of their own.
    #[must_use]
    pub fn with_api_url(url: &str) -> Self {
        Self {
            api_url: ApiUrl::new(url),
            ..Self::default()
        }
    }

    /// Whether the API is Prefect Cloud.
    #[must_use]
    pub fn is_cloud(&self) -> bool {
        self.api_url
            .as_ref()
            .is_some_and(|url| url.0.starts_with(self.cloud_api_url.trim_end_matches('/')))
    }

    /// The maximum size of one log line as JSON on this API, in bytes.
    #[must_use]
    pub fn max_log_size(&self) -> usize {
        if self.is_cloud() {
            self.logging_to_api
                .max_log_size
                .min(self.cloud_max_log_size)
        } else {
            self.logging_to_api.max_log_size
        }
    }

    /// The URL of the page of a flow run: on the site of Prefect Cloud, or on the server.
    #[must_use]
    pub fn flow_run_page(&self, id: uuid::Uuid) -> Option<String> {
        self.page(&format!("runs/flow-run/{id}"))
    }

    /// The URL of the page of a deployment.
    #[must_use]
    pub fn deployment_page(&self, id: uuid::Uuid) -> Option<String> {
        self.page(&format!("deployments/deployment/{id}"))
    }

    fn page(&self, page: &str) -> Option<String> {
        let shown = self.api_url.as_ref()?.to_string();
        if self.is_cloud() {
            let path = shown.split_once("/api/accounts/")?.1;
            let (account, workspace) = path.split_once("/workspaces/")?;
            return Some(format!(
                "https://app.prefect.cloud/account/{account}/workspace/{workspace}/{page}"
            ));
        }
        let site = shown.strip_suffix("/api").unwrap_or(&shown);
        Some(format!("{site}/{page}"))
    }
}

setters! {
    Settings {
        into with_api_key(api_key: Secret);
        into with_auth_string(auth_string: Secret);
        set with_tls_insecure_skip_verify(tls_insecure_skip_verify: bool);
        into with_ssl_cert_file(ssl_cert_file: PathBuf);
        set with_enable_http2(enable_http2: bool);
        set with_request_timeout(request_timeout: Duration);
        set with_retry(retry: RetryPolicy);
        set with_csrf_support(csrf_support: bool);
        set with_custom_headers(custom_headers: BTreeMap<String, Secret>);
        set with_heartbeat_frequency(heartbeat_frequency: Duration);
    }
}

/// The URL of an API, without a slash at the end. It may contain credentials, which `Display` and `Debug` leave out.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiUrl(String);

impl ApiUrl {
    /// Reads a URL; `None` if the text is blank.
    #[must_use]
    pub fn new(url: &str) -> Option<Self> {
        let url = url.trim().trim_end_matches('/');
        (!url.is_empty()).then(|| Self(url.to_owned()))
    }

    /// The URL with its credentials, for sending.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The part between `//` and `@`: user name and password.
    pub(crate) fn user_info(&self) -> Option<&str> {
        let rest = self.0.split_once("://")?.1;
        let authority = rest.split(['/', '?', '#']).next()?;
        Some(authority.rsplit_once('@')?.0)
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.user_info() {
            Some(user_info) => self.0.replacen(&format!("{user_info}@"), "", 1),
            None => self.0.clone(),
        };
        // A key that was pasted into the query must not be shown.
        f.write_str(shown.split(['?', '#']).next().unwrap_or_default())
    }
}

impl fmt::Debug for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_credentials() {
        let url = ApiUrl::new("https://me:secret@example.org/api/?key=k").expect("not blank");
        assert_eq!(url.to_string(), "https://example.org/api/");
        assert!(!format!("{url:?}").contains("secret"));
        assert_eq!(ApiUrl::new("  "), None);
    }

    #[test]
    fn pages_of_flow_runs() {
        let id = uuid::Uuid::nil();
        let server = Settings::with_api_url("http://127.0.0.1:4200/api/");
        assert_eq!(
            server.flow_run_page(id).as_deref(),
            Some("http://127.0.0.1:4200/runs/flow-run/00000000-0000-0000-0000-000000000000")
        );
        assert_eq!(
            server.deployment_page(id).as_deref(),
            Some(
                "http://127.0.0.1:4200/deployments/deployment/00000000-0000-0000-0000-000000000000"
            )
        );
        let cloud = Settings::with_api_url("https://api.prefect.cloud/api/accounts/a/workspaces/w");
        assert!(cloud.is_cloud());
        assert_eq!(cloud.max_log_size(), 25_000);
        assert_eq!(
            cloud.flow_run_page(id).as_deref(),
            Some(
                "https://app.prefect.cloud/account/a/workspace/w/runs/flow-run/00000000-0000-0000-0000-000000000000"
            )
        );
    }
}
