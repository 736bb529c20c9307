//! Checks the Prefect settings, the API and its clock.

use std::time::Duration;

use jiff::SignedDuration;
use prefect_client::{Client, Error, RetryPolicy, Settings, SettingsError};

use super::report::Check;
use crate::model::error_chain;

const SETTINGS: &str = "settings";
const API: &str = "api";
const AUTH: &str = "auth";
const CLOCK: &str = "clock";

/// Longest time to wait for a response: a person waits for the report.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// A smaller difference of the clocks is not visible to a person who compares times.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(2);

/// The responses of the API.
pub(super) struct Answers {
    pub(super) is_cloud: bool,
    /// Whether the API is reachable.
    pub(super) health: Result<(), Error>,
    /// Whether the API accepts the credentials; its version, except on Prefect Cloud.
    pub(super) version: Result<Option<String>, Error>,
    /// How far its clock is ahead of the clock of this machine.
    pub(super) skew: Option<SignedDuration>,
}

/// A client without retries and with a short timeout.
///
/// # Errors
/// When the settings are invalid.
pub(super) fn client(settings: &Settings) -> Result<Client, Error> {
    let mut settings = settings.clone();
    settings.request_timeout = settings.request_timeout.min(REQUEST_TIMEOUT);
    Ok(Client::new(&settings)?.with_retry(RetryPolicy::none()))
}

/// Sends a few requests to the API.
pub(super) async fn ask(client: &Client) -> Answers {
    let is_cloud = client.settings().is_cloud();
    let version = match is_cloud {
        // Cloud has no version. If it lists variables, it accepts the key.
        true => client.read_variable_names().await.map(|_| None),
        false => client.read_server_version().await.map(Some),
    };
    let health = match (is_cloud, &version) {
        // Any response, even a refusal, shows that the API is reachable.
        (_, Ok(_)) => Ok(()),
        (true, Err(error)) if error.status().is_some() => Ok(()),
        _ => client.read_health().await.map(drop),
    };
    let skew = match health {
        Ok(()) => client.read_clock_skew().await.ok().flatten(),
        Err(_) => None,
    };
    Answers {
        is_cloud,
        health,
        version,
        skew,
    }
}

/// Checks the Prefect settings.
pub(super) fn check_settings(settings: Result<&Settings, &SettingsError>) -> Check {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            return Check::problem(
                SETTINGS,
                error_chain(error),
                "correct the setting or the file",
            );
        }
    };
    if let Some(problem) = &settings.profile_problem {
        return Check::warning(
            SETTINGS,
            format!("{problem}; the file is ignored, as by Prefect"),
            "correct the file, or give another one with PREFECT_PROFILES_PATH",
        );
    }
    let finding = match &settings.profile {
        Some(profile) => format!("Prefect settings are valid; the profile is `{profile}`"),
        None => "Prefect settings are valid; no profile is active".to_owned(),
    };
    Check::ok(SETTINGS, finding).detail("profile", settings.profile.as_deref())
}

/// Checks an API that is not configured, or with invalid settings.
pub(super) fn check_no_client(error: Option<&Error>) -> Check {
    match error {
        Some(error) => Check::problem(API, error_chain(error), "correct the setting"),
        None => Check::warning(
            API,
            "no Prefect API is configured: runs are not reported",
            "set PREFECT_API_URL, or choose a Prefect profile that has it",
        ),
    }
}

/// Checks the responses of the API.
pub(super) fn check_answers(url: &str, has_credentials: bool, answers: &Answers) -> Vec<Check> {
    if let Err(error) = &answers.health {
        let advice = error.help().unwrap_or_else(|| {
            "check PREFECT_API_URL, and that the Prefect server is running".to_owned()
        });
        let finding = format!("{url} is not reachable: {}", error_chain(error));
        return vec![Check::problem(API, finding, advice).detail("url", url)];
    }
    let mut checks = vec![check_version(url, answers)];
    checks.push(match &answers.version {
        Ok(_) => Check::ok(AUTH, "the API accepts the credentials"),
        Err(error) if error.is_unauthorized() => {
            let advice = match (has_credentials, answers.is_cloud) {
                (true, true) => {
                    "correct PREFECT_API_KEY, or the account and workspace in PREFECT_API_URL"
                }
                (true, false) => "correct PREFECT_API_AUTH_STRING (or PREFECT_API_KEY)",
                (false, true) => "set PREFECT_API_KEY",
                (false, false) => "set PREFECT_API_AUTH_STRING to `user:password`",
            };
            Check::problem(
                AUTH,
                format!("the API rejects the credentials: {}", error_chain(error)),
                advice,
            )
        }
        Err(error) => Check::problem(
            AUTH,
            error_chain(error),
            "correct PREFECT_API_URL: the server that responds there is not a Prefect API",
        ),
    });
    checks.extend(answers.skew.map(check_clock));
    checks
}

fn check_version(url: &str, answers: &Answers) -> Check {
    let version = answers.version.as_ref().ok().and_then(Option::as_deref);
    let name = match (answers.is_cloud, version) {
        (true, _) => "Prefect Cloud".to_owned(),
        (false, Some(version)) => format!("Prefect {version}"),
        (false, None) => "a server".to_owned(),
    };
    let finding = format!("{name} at {url}");
    let is_old = version
        .and_then(|version| version.split('.').next()?.parse::<u32>().ok())
        .is_some_and(|major| major < 3);
    let check = match is_old {
        true => Check::problem(
            API,
            finding,
            "update the server: prefect-dbt needs Prefect 3",
        ),
        false => Check::ok(API, finding),
    };
    check.detail("url", url).detail("version", version)
}

fn check_clock(skew: SignedDuration) -> Check {
    let seconds = skew.as_secs_f64();
    let check = if skew.abs() <= MAX_CLOCK_SKEW {
        Check::ok(CLOCK, "the clocks of this machine and of the server agree")
    } else {
        let side = if skew.is_negative() {
            "behind"
        } else {
            "ahead of"
        };
        Check::warning(
            CLOCK,
            format!(
                "the clock of the server is {:.0} s {side} the clock of this machine: nodes will appear to run before or after their flow run",
                seconds.abs()
            ),
            "synchronise both clocks with a time server (NTP)",
        )
    };
    check.detail("server_ahead_seconds", seconds)
}
