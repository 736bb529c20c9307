//! Resolves the sources to settings: the names and the type of each setting.

use std::collections::BTreeMap;
use std::time::Duration;

use super::lookup::{Place, Sheets};
use super::value::Raw;
use super::{ApiUrl, LoggingToApi, Settings, SettingsError, Sources};
use crate::retry::RetryPolicy;
use crate::secret::Secret;

/// Prefect's lower limit for the heartbeat frequency.
const FASTEST_HEARTBEAT: Duration = Duration::from_secs(30);

/// The variables that say which worker, flow and deployment started this process, and the headers that carry them.
const ATTRIBUTION: [(&str, &str); 6] = [
    ("PREFECT__WORKER_ID", "x-prefect-worker-id"),
    ("PREFECT__WORKER_NAME", "x-prefect-worker-name"),
    ("PREFECT__FLOW_ID", "x-prefect-flow-id"),
    ("PREFECT__FLOW_NAME", "x-prefect-flow-name"),
    ("PREFECT__DEPLOYMENT_ID", "x-prefect-deployment-id"),
    ("PREFECT__DEPLOYMENT_NAME", "x-prefect-deployment-name"),
];

impl Settings {
    /// Resolves settings from the texts of the sources. Reads no file and no variable.
    ///
    /// # Errors
    /// If `prefect.toml` or `pyproject.toml` is not TOML, or if a value is invalid.
    pub fn from_sources(sources: &Sources) -> Result<Self, SettingsError> {
        let sheets = Sheets::new(sources)?;
        let found = Finder(&sheets);
        let default = Self::default();
        Ok(Self {
            api_url: found
                .text("PREFECT_API_URL", &["api", "url"])?
                .and_then(|url| ApiUrl::new(&url)),
            api_key: found.secret("PREFECT_API_KEY", &["api", "key"])?,
            auth_string: found.secret("PREFECT_API_AUTH_STRING", &["api", "auth_string"])?,
            tls_insecure_skip_verify: found.boolean(
                "PREFECT_API_TLS_INSECURE_SKIP_VERIFY",
                &["api", "tls_insecure_skip_verify"],
                default.tls_insecure_skip_verify,
            )?,
            ssl_cert_file: found
                .text("PREFECT_API_SSL_CERT_FILE", &["api", "ssl_cert_file"])?
                .or_else(|| sheets.environment("SSL_CERT_FILE").map(str::to_owned))
                .filter(|path| !path.is_empty())
                .map(Into::into),
            enable_http2: found.boolean(
                "PREFECT_API_ENABLE_HTTP2",
                &["api", "enable_http2"],
                default.enable_http2,
            )?,
            request_timeout: found.seconds(
                &["PREFECT_API_REQUEST_TIMEOUT"],
                &["api", "request_timeout"],
                default.request_timeout,
            )?,
            cloud_api_url: found
                .text("PREFECT_CLOUD_API_URL", &["cloud", "api_url"])?
                .unwrap_or(default.cloud_api_url),
            cloud_max_log_size: found.integer(
                "PREFECT_CLOUD_MAX_LOG_SIZE",
                &["cloud", "max_log_size"],
                default.cloud_max_log_size,
            )?,
            retry: found.retry()?,
            csrf_support: found.boolean(
                "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED",
                &["client", "csrf_support_enabled"],
                default.csrf_support,
            )?,
            custom_headers: found.custom_headers()?,
            server_version_check: found.boolean(
                "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED",
                &["client", "server_version_check_enabled"],
                default.server_version_check,
            )?,
            logging_level: found
                .text("PREFECT_LOGGING_LEVEL", &["logging", "level"])?
                .map_or(default.logging_level, |level| level.to_ascii_uppercase()),
            logging_to_api: found.logging_to_api()?,
            heartbeat_frequency: found
                .seconds(
                    &[
                        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY",
                        "PREFECT_RUNNER_HEARTBEAT_FREQUENCY",
                    ],
                    &["flows", "heartbeat_frequency"],
                    default.heartbeat_frequency,
                )?
                .max(FASTEST_HEARTBEAT),
            default_retries: found.integer(
                "PREFECT_FLOWS_DEFAULT_RETRIES",
                &["flows", "default_retries"],
                default.default_retries,
            )?,
            default_retry_delay: found.seconds(
                &["PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS"],
                &["flows", "default_retry_delay_seconds"],
                default.default_retry_delay,
            )?,
            attribution: attribution(&sheets),
            profile: sheets.profile.clone(),
            profile_problem: sheets.profile_problem.clone(),
        })
    }
}

fn attribution(sheets: &Sheets) -> BTreeMap<&'static str, String> {
    ATTRIBUTION
        .iter()
        .filter_map(|(variable, header)| {
            let value = sheets.environment(variable)?;
            (!value.is_empty()).then(|| (*header, value.to_owned()))
        })
        .collect()
}

/// Reads settings one by one. An empty text means "not set", and hides the values of the sources after it.
struct Finder<'a>(&'a Sheets);

type Found<T> = Result<T, SettingsError>;

impl Finder<'_> {
    fn read<T>(
        &self,
        names: &[&'static str],
        path: &[&str],
        expected: &'static str,
        parse: impl Fn(&Raw) -> Option<T>,
    ) -> Found<Option<T>> {
        match self.0.find(names, path) {
            Some((raw, place)) if !raw.is_empty() => match parse(&raw) {
                Some(value) => Ok(Some(value)),
                None => Err(wrong(names[0], place, expected)),
            },
            _ => Ok(None),
        }
    }

    fn text(&self, name: &'static str, path: &[&str]) -> Found<Option<String>> {
        self.read(&[name], path, "a text", Raw::text)
    }

    fn secret(&self, name: &'static str, path: &[&str]) -> Found<Option<Secret>> {
        Ok(self.text(name, path)?.map(Secret::new))
    }

    fn boolean(&self, name: &'static str, path: &[&str], default: bool) -> Found<bool> {
        let found = self.read(&[name], path, "true or false", Raw::boolean)?;
        Ok(found.unwrap_or(default))
    }

    fn integer<T: TryFrom<i64>>(&self, name: &'static str, path: &[&str], default: T) -> Found<T> {
        let found = self.read(&[name], path, "a whole number in range", Raw::integer)?;
        Ok(found.unwrap_or(default))
    }

    fn seconds(&self, names: &[&'static str], path: &[&str], default: Duration) -> Found<Duration> {
        let found = self.read(names, path, "a number of seconds", Raw::seconds)?;
        Ok(found.unwrap_or(default))
    }

    fn retry(&self) -> Found<RetryPolicy> {
        let default = RetryPolicy::default();
        let jitter = self.read(
            &["PREFECT_CLIENT_RETRY_JITTER_FACTOR"],
            &["client", "retry_jitter_factor"],
            "a number, not negative",
            Raw::number,
        )?;
        let codes = self.read(
            &["PREFECT_CLIENT_RETRY_EXTRA_CODES"],
            &["client", "retry_extra_codes"],
            "a list of status codes",
            Raw::codes,
        )?;
        Ok(RetryPolicy {
            max_retries: self.integer(
                "PREFECT_CLIENT_MAX_RETRIES",
                &["client", "max_retries"],
                default.max_retries,
            )?,
            jitter: jitter.unwrap_or(default.jitter),
            extra_codes: codes.unwrap_or_default(),
            first_delay: default.first_delay,
        })
    }

    fn custom_headers(&self) -> Found<BTreeMap<String, Secret>> {
        const NAME: &str = "PREFECT_CLIENT_CUSTOM_HEADERS";
        let mut headers = BTreeMap::new();
        for (raw, place) in self.0.find_all(&[NAME], &["client", "custom_headers"]) {
            if raw.is_empty() {
                continue;
            }
            let found = raw.headers().ok_or_else(|| {
                wrong(
                    NAME,
                    place,
                    "a JSON object with a text for each header name",
                )
            })?;
            for (name, value) in found {
                headers.entry(name).or_insert_with(|| Secret::new(value));
            }
        }
        Ok(headers)
    }

    fn logging_to_api(&self) -> Found<LoggingToApi> {
        let default = LoggingToApi::default();
        Ok(LoggingToApi {
            enabled: self.boolean(
                "PREFECT_LOGGING_TO_API_ENABLED",
                &["logging", "to_api", "enabled"],
                default.enabled,
            )?,
            batch_interval: self.seconds(
                &["PREFECT_LOGGING_TO_API_BATCH_INTERVAL"],
                &["logging", "to_api", "batch_interval"],
                default.batch_interval,
            )?,
            batch_size: self.integer(
                "PREFECT_LOGGING_TO_API_BATCH_SIZE",
                &["logging", "to_api", "batch_size"],
                default.batch_size,
            )?,
            max_log_size: self.integer(
                "PREFECT_LOGGING_TO_API_MAX_LOG_SIZE",
                &["logging", "to_api", "max_log_size"],
                default.max_log_size,
            )?,
            when_missing_flow: self
                .text(
                    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW",
                    &["logging", "to_api", "when_missing_flow"],
                )?
                .unwrap_or(default.when_missing_flow),
        })
    }
}

fn wrong(setting: &'static str, place: Place, expected: &'static str) -> SettingsError {
    SettingsError::Value {
        setting,
        place: place.to_string(),
        expected,
    }
}
