//! Precedence of the sources, and the form of each setting.

use super::*;

/// Sources from pairs of a place and its text; `env` lines are `NAME=value`.
fn sources(texts: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (place, text) in texts {
        let text = (*text).to_owned();
        match *place {
            "env" => {
                let (name, value) = text.split_once('=').expect("NAME=value");
                sources
                    .environment
                    .insert(name.to_owned(), value.to_owned());
            }
            ".env" => sources.dotenv = Some(text),
            "prefect.toml" => sources.prefect_toml = Some(text),
            "pyproject.toml" => sources.pyproject_toml = Some(text),
            "profiles.toml" => sources.profiles_toml = Some(text),
            other => panic!("no such place: {other}"),
        }
    }
    sources
}

fn settings(texts: &[(&str, &str)]) -> Settings {
    Settings::from_sources(&sources(texts)).expect("settings")
}

fn url(texts: &[(&str, &str)]) -> Option<String> {
    settings(texts).api_url.map(|url| url.to_string())
}

const ENV: (&str, &str) = ("env", "PREFECT_API_URL=http://env/api");
const DOTENV: (&str, &str) = (".env", "PREFECT_API_URL=http://dotenv/api");
const PREFECT: (&str, &str) = ("prefect.toml", "[api]\nurl = 'http://prefect/api'");
const PYPROJECT: (&str, &str) = (
    "pyproject.toml",
    "[tool.prefect.api]\nurl = 'http://pyproject/api'",
);
const PROFILES: (&str, &str) = (
    "profiles.toml",
    "active = 'a'\n[profiles.a]\nPREFECT_API_URL = 'http://a/api'\n[profiles.b]\nPREFECT_API_URL = 'http://b/api'\n",
);

#[test]
fn the_first_source_that_has_a_value_wins() {
    let all = [ENV, DOTENV, PREFECT, PYPROJECT, PROFILES];
    let winners = ["env", "dotenv", "prefect", "pyproject", "a"];
    for (highest, winner) in winners.iter().enumerate() {
        let expected = format!("http://{winner}/api");
        assert_eq!(url(&all[highest..]), Some(expected));
    }
    assert_eq!(url(&[]), None);
}

#[test]
fn each_setting_is_looked_up_separately() {
    let settings = settings(&[
        ("env", "PREFECT_CLIENT_MAX_RETRIES=7"),
        (".env", "PREFECT_API_KEY=key\nPREFECT_CLIENT_MAX_RETRIES=1"),
        ("prefect.toml", "[api]\nenable_http2 = true\nkey = 'lower'"),
        PROFILES,
    ]);
    assert_eq!(settings.retry.max_retries, 7);
    assert_eq!(settings.api_key.expect("a key").expose(), "key");
    assert!(settings.enable_http2);
    assert_eq!(settings.api_url.expect("a URL").to_string(), "http://a/api");
}

#[test]
fn names_of_variables_ignore_case() {
    assert_eq!(
        url(&[("env", "prefect_api_url=http://x/api")]).as_deref(),
        Some("http://x/api")
    );
    assert_eq!(
        url(&[(".env", "Prefect_Api_Url=http://x/api")]).as_deref(),
        Some("http://x/api")
    );
}

#[test]
fn an_empty_value_hides_later_sources_and_sets_nothing() {
    assert_eq!(url(&[("env", "PREFECT_API_URL="), DOTENV, PROFILES]), None);
    assert_eq!(url(&[(".env", "PREFECT_API_URL="), PROFILES]), None);
    let retries = ("env", "PREFECT_CLIENT_MAX_RETRIES=");
    assert_eq!(settings(&[retries]).retry.max_retries, 5);
}

#[test]
fn a_slash_at_the_end_of_the_url_is_removed() {
    let slashed = ("env", "PREFECT_API_URL=http://x/api/");
    assert_eq!(url(&[slashed]).as_deref(), Some("http://x/api"));
}

#[test]
fn profiles() {
    let chosen = ("env", "PREFECT_PROFILE=b");
    assert_eq!(url(&[chosen, PROFILES]).as_deref(), Some("http://b/api"));
    assert_eq!(settings(&[chosen, PROFILES]).profile.as_deref(), Some("b"));
    // If no profile has the name, Prefect uses its packaged profile, which sets no API URL.
    assert_eq!(url(&[("env", "PREFECT_PROFILE=none"), PROFILES]), None);
    let broken = settings(&[("profiles.toml", "a = 1\nthis is not TOML")]);
    assert_eq!(broken.api_url, None);
    let problem = broken.profile_problem.expect("a problem");
    assert!(
        problem.starts_with("profiles.toml is not valid TOML: line 2, column 6"),
        "{problem}"
    );
    assert_eq!(
        url(&[("profiles.toml", "[profiles.a]\nPREFECT_API_URL = 'x'")]),
        None
    );
    let typed = "active='a'\n[profiles.a]\nPREFECT_CLIENT_MAX_RETRIES = 9\n";
    assert_eq!(settings(&[("profiles.toml", typed)]).retry.max_retries, 9);
}

#[test]
fn headers_are_merged_from_all_sources() {
    let settings = settings(&[
        (
            "env",
            r#"PREFECT_CLIENT_CUSTOM_HEADERS={"A": "env", "B": "env"}"#,
        ),
        (
            ".env",
            r#"PREFECT_CLIENT_CUSTOM_HEADERS='{"B": "dotenv", "C": "dotenv"}'"#,
        ),
        (
            "prefect.toml",
            "[client.custom_headers]\nC = 'toml'\nD = 'toml'",
        ),
    ]);
    let headers: Vec<_> = settings
        .custom_headers
        .iter()
        .map(|(name, value)| format!("{name}={}", value.expose()))
        .collect();
    assert_eq!(headers, ["A=env", "B=env", "C=dotenv", "D=toml"]);
}

#[test]
fn each_setting_has_its_name_and_its_type() {
    let settings = settings(&[
        ("env", "PREFECT_API_AUTH_STRING=admin:pass"),
        ("env", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY=yes"),
        ("env", "SSL_CERT_FILE=/etc/ca.pem"),
        ("env", "PREFECT_API_REQUEST_TIMEOUT=2.5"),
        ("env", "PREFECT_CLOUD_API_URL=https://cloud/api"),
        ("env", "PREFECT_CLOUD_MAX_LOG_SIZE=10"),
        ("env", "PREFECT_CLIENT_RETRY_JITTER_FACTOR=0.5"),
        ("env", "PREFECT_CLIENT_RETRY_EXTRA_CODES=404, 500"),
        ("env", "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED=off"),
        ("env", "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED=0"),
        ("env", "PREFECT_LOGGING_LEVEL=debug"),
        ("env", "PREFECT_LOGGING_TO_API_ENABLED=false"),
        ("env", "PREFECT_RUNNER_HEARTBEAT_FREQUENCY=5"),
        ("env", "PREFECT_FLOWS_DEFAULT_RETRIES=2"),
        ("env", "PREFECT__WORKER_NAME=my worker"),
        (
            "prefect.toml",
            "[flows]\ndefault_retry_delay_seconds = 1\n[logging.to_api]\nbatch_interval = 0.5\nbatch_size = 100\nmax_log_size = 50\nwhen_missing_flow = 'ignore'\n",
        ),
    ]);
    insta::assert_debug_snapshot!(settings);
}

#[test]
fn the_heartbeat_has_a_legacy_name_and_a_lower_limit() {
    let both = settings(&[
        ("env", "PREFECT_FLOWS_HEARTBEAT_FREQUENCY=60"),
        ("env", "PREFECT_RUNNER_HEARTBEAT_FREQUENCY=90"),
    ]);
    assert_eq!(both.heartbeat_frequency.as_secs(), 60);
    let fast = settings(&[("env", "PREFECT_FLOWS_HEARTBEAT_FREQUENCY=1")]);
    assert_eq!(fast.heartbeat_frequency.as_secs(), 30);
}

#[test]
fn errors_name_the_setting_and_the_place_but_no_value() {
    let cases: [(&str, &str); 7] = [
        ("env", "PREFECT_CLIENT_MAX_RETRIES=hunter2"),
        (".env", "PREFECT_API_REQUEST_TIMEOUT=hunter2"),
        ("prefect.toml", "[api]\nenable_http2 = 'hunter2'"),
        (
            "pyproject.toml",
            "[tool.prefect.client]\nretry_extra_codes = ['hunter2']",
        ),
        ("env", "PREFECT_CLIENT_CUSTOM_HEADERS=hunter2"),
        ("prefect.toml", "[api]\nkey = 'hunter2"),
        ("pyproject.toml", "x = hunter2"),
    ];
    let errors: Vec<_> = cases
        .iter()
        .map(|case| {
            let error = Settings::from_sources(&sources(&[*case])).expect_err(case.1);
            error.to_string()
        })
        .collect();
    assert!(!errors.concat().contains("hunter2"), "{errors:?}");
    insta::assert_debug_snapshot!(errors);
}

#[test]
fn where_the_profiles_file_is() {
    use super::profiles::{ProfilesPath, profiles_path};
    let path = |texts: &[(&str, &str)]| profiles_path(&sources(texts)).expect("a path");
    let given = |path: &str| ProfilesPath::Given(path.into());
    let home = ("env", "PREFECT_HOME=/prefect");
    let in_toml = ("prefect.toml", "profiles_path = '/toml'");
    let in_pyproject = (
        "pyproject.toml",
        "[tool.prefect]\nprofiles_path = '/pyproject'",
    );
    assert_eq!(
        path(&[
            ("env", "PREFECT_PROFILES_PATH=/env"),
            (".env", "PREFECT_PROFILES_PATH=/dotenv")
        ]),
        given("/env")
    );
    assert_eq!(
        path(&[(".env", "PREFECT_PROFILES_PATH=/dotenv"), in_toml]),
        given("/dotenv")
    );
    assert_eq!(path(&[in_toml, in_pyproject, home]), given("/toml"));
    assert_eq!(path(&[in_pyproject, home]), given("/pyproject"));
    assert_eq!(path(&[home]), given("/prefect/profiles.toml"));
    // PREFECT_HOME counts in the process environment only.
    assert_eq!(
        path(&[(".env", "PREFECT_HOME=/prefect")]),
        ProfilesPath::InHome
    );
    assert_eq!(path(&[]), ProfilesPath::InHome);
    let tilde = [
        ("env", "PREFECT_PROFILES_PATH=~/p.toml"),
        ("env", "HOME=/home/me"),
    ];
    assert_eq!(path(&tilde), given("/home/me/p.toml"));
}

proptest::proptest! {
    #[test]
    fn no_file_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), text in "[\\[\\]a-z='\"\n .]{0,80}") {
        for text in [String::from_utf8_lossy(&bytes).into_owned(), text] {
            for place in [".env", "prefect.toml", "pyproject.toml", "profiles.toml"] {
                match Settings::from_sources(&sources(&[(place, &text)])) {
                    Ok(_) => {}
                    Err(error) => {
                        let text = error.to_string();
                        proptest::prop_assert!(text.contains(place), "{}", text);
                    }
                }
            }
        }
    }
}
