//! Is there a Prefect to report to?

use std::time::Duration;

use jiff::SignedDuration;
use prefect_client::{Client, Error, RetryPolicy, Settings, SettingsError};

use super::report::Check;
use crate::model::error_chain;

const SETTINGS: &str = "settings";
const API: &str = "api";
const AUTH: &str = "auth";
const CLOCK: &str = "clock";

/// Whoever asks a doctor does not want to wait for a network that is away.
const PATIENCE: Duration = Duration::from_secs(10);
/// Below it a person who compares times does not see it.
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(2);

/// What the API said when it was asked.
pub(super) struct Answers {
    pub(super) is_cloud: bool,
    /// Whether it is there.
    pub(super) health: Result<(), Error>,
    /// Whether it takes our credentials; its version, where it tells.
    pub(super) version: Result<Option<String>, Error>,
    /// How far its clock is ahead.
    pub(super) skew: Option<SignedDuration>,
}

/// A client that gives up soon.
///
/// # Errors
/// When the settings are wrong.
pub(super) fn client(settings: &Settings) -> Result<Client, Error> {
    let mut settings = settings.clone();
    settings.request_timeout = settings.request_timeout.min(PATIENCE);
    Ok(Client::new(&settings)?.with_retry(RetryPolicy::none()))
}

/// Asks the API.
pub(super) async fn ask(client: &Client) -> Answers {
    let is_cloud = client.settings().is_cloud();
    let version = match is_cloud {
        // Cloud has no version; that it lists variables says that it takes the key.
        true => client.read_variable_names().await.map(|_| None),
        false => client.read_server_version().await.map(Some),
    };
    let health = match (is_cloud, &version) {
        // An answer, even a refusal, is a sign of life.
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

/// Judges Prefect's settings.
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
            format!("{problem}; passed over, as Prefect does"),
            "correct the file, or choose its place with PREFECT_PROFILES_PATH",
        );
    }
    let finding = match &settings.profile {
        Some(profile) => format!("Prefect's settings are well; the profile is `{profile}`"),
        None => "Prefect's settings are well; no profile is active".to_owned(),
    };
    Check::ok(SETTINGS, finding).detail("profile", settings.profile.as_deref())
}

/// Judges a Prefect that is not configured, or not rightly.
pub(super) fn check_no_client(error: Option<&Error>) -> Check {
    match error {
        Some(error) => Check::problem(API, error_chain(error), "correct the setting"),
        None => Check::warning(
            API,
            "no API is configured: runs are reported nowhere",
            "set PREFECT_API_URL, or choose a profile that has it",
        ),
    }
}

/// Judges what the API said.
pub(super) fn check_answers(url: &str, has_credentials: bool, answers: &Answers) -> Vec<Check> {
    if let Err(error) = &answers.health {
        let advice = "start the server, or correct PREFECT_API_URL (it ends in /api)";
        let finding = format!("{url} does not answer: {}", error_chain(error));
        return vec![Check::problem(API, finding, advice).detail("url", url)];
    }
    let mut checks = vec![check_version(url, answers)];
    checks.push(match &answers.version {
        Ok(_) => Check::ok(AUTH, "the API takes our requests"),
        Err(error) if error.is_unauthorized() => {
            let advice = match (has_credentials, answers.is_cloud) {
                (true, true) => {
                    "correct PREFECT_API_KEY, and the account and workspace in PREFECT_API_URL"
                }
                (true, false) => "correct PREFECT_API_AUTH_STRING (or PREFECT_API_KEY)",
                (false, true) => "set PREFECT_API_KEY",
                (false, false) => "set PREFECT_API_AUTH_STRING, as in `user:password`",
            };
            Check::problem(
                AUTH,
                format!("the API refuses us: {}", error_chain(error)),
                advice,
            )
        }
        Err(error) => Check::problem(
            AUTH,
            error_chain(error),
            "correct PREFECT_API_URL: something answers there, but not as a Prefect API",
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
        true => Check::problem(API, finding, "a server of Prefect 3 is needed: update it"),
        false => Check::ok(API, finding),
    };
    check.detail("url", url).detail("version", version)
}

fn check_clock(skew: SignedDuration) -> Check {
    let seconds = skew.as_secs_f64();
    let check = if skew.abs() <= MOST_SKEW {
        Check::ok(CLOCK, "our clock and the server's agree")
    } else {
        let side = if skew.is_negative() {
            "behind"
        } else {
            "ahead of"
        };
        Check::warning(
            CLOCK,
            format!(
                "the server's clock is {:.0} s {side} ours: nodes will seem to run before or after their flow run",
                seconds.abs()
            ),
            "set both by a time server",
        )
    };
    check.detail("server_ahead_seconds", seconds)
}
