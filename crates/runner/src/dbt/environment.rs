//! The environment that dbt is started with.

use std::ffi::OsString;
use std::path::Path;

/// What the environment of dbt depends on.
pub(crate) struct Wanted<'a> {
    pub(crate) project_dir: Option<&'a Path>,
    pub(crate) profiles_dir: Option<&'a Path>,
    pub(crate) target_path: Option<&'a Path>,
    /// Whether the user has chosen what dbt's own log file holds.
    pub(crate) sets_file_level: bool,
    /// Flags by the names of their variables (`DBT_...`).
    pub(crate) flags: Vec<(String, String)>,
    /// Secrets by the names of their variables.
    pub(crate) secrets: Vec<(String, String)>,
}

/// Variables of dbt's that would take the stream from us, under both prefixes that dbt reads (the second since 1.11).
const TAKEN: [&str; 4] = ["QUIET", "LOG_FORMAT", "LOG_LEVEL", "DEBUG"];
/// Ours alone: a child that spoke on the supervisor's channel would speak in our name.
pub(crate) const CONTROL: [&str; 2] = ["PREFECT__CONTROL_PORT", "PREFECT__CONTROL_TOKEN"];

/// The changes to the environment that dbt inherits: a value to set, or `None` to remove.
///
/// Settings go this way and not as flags, since commands reject flags that they do not know.
pub(crate) fn child_environment(wanted: Wanted<'_>) -> Vec<(OsString, Option<OsString>)> {
    let mut changes: Vec<(OsString, Option<OsString>)> = Vec::new();
    let mut change = |name: &str, value: Option<OsString>| changes.push((name.into(), value));
    for name in TAKEN {
        change(&format!("DBT_ENGINE_{name}"), None);
    }
    for name in CONTROL {
        change(name, None);
    }
    change("DBT_QUIET", None);
    change("DBT_LOG_FORMAT", Some("json".into()));
    change("DBT_LOG_LEVEL", Some("debug".into()));
    // dbt 1.5 tells of nodes only with this one.
    change("DBT_DEBUG", Some("1".into()));
    if !wanted.sets_file_level {
        // Nobody reads dbt's debug log beside ours, and writing it costs time.
        change("DBT_LOG_LEVEL_FILE", Some("none".into()));
    }
    let places = [
        ("PROJECT_DIR", wanted.project_dir),
        ("PROFILES_DIR", wanted.profiles_dir),
        ("TARGET_PATH", wanted.target_path),
    ];
    for (name, place) in places {
        if let Some(place) = place {
            change(&format!("DBT_{name}"), Some(place.into()));
            // It would win.
            change(&format!("DBT_ENGINE_{name}"), None);
        }
    }
    for (name, value) in wanted.flags {
        if let Some(flag) = name.strip_prefix("DBT_") {
            change(&format!("DBT_ENGINE_{flag}"), None);
        }
        change(&name, Some(value.into()));
    }
    for (name, secret) in wanted.secrets {
        change(&name, Some(secret.into()));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing_wanted() -> Wanted<'static> {
        Wanted {
            project_dir: None,
            profiles_dir: None,
            target_path: None,
            sets_file_level: false,
            flags: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// What becomes of an environment in which the user has said something for each of these names.
    fn after(wanted: Wanted<'_>, name: &str) -> Option<String> {
        child_environment(wanted)
            .into_iter()
            .rfind(|(changed, _)| changed == name)
            .map_or(Some("the user's".into()), |(_, value)| value)
            .map(|value| value.to_string_lossy().into_owned())
    }

    #[test]
    fn our_folders_win_under_both_prefixes_and_the_rest_stays() {
        let wanted = || Wanted {
            profiles_dir: Some(Path::new("rendered")),
            ..nothing_wanted()
        };
        let after = |name| after(wanted(), name);
        assert_eq!(after("DBT_PROFILES_DIR").as_deref(), Some("rendered"));
        assert_eq!(after("DBT_ENGINE_PROFILES_DIR"), None);
        for untouched in ["DBT_PROJECT_DIR", "DBT_ENGINE_TARGET_PATH", "DBT_LOG_PATH"] {
            assert_eq!(
                after(untouched).as_deref(),
                Some("the user's"),
                "{untouched}"
            );
        }
    }

    #[test]
    fn nothing_of_the_users_changes_the_stream_and_no_child_gets_our_channel() {
        for name in TAKEN {
            assert_eq!(after(nothing_wanted(), &format!("DBT_ENGINE_{name}")), None);
        }
        for name in [
            "DBT_QUIET",
            "PREFECT__CONTROL_PORT",
            "PREFECT__CONTROL_TOKEN",
        ] {
            assert_eq!(after(nothing_wanted(), name), None, "{name}");
        }
        assert_eq!(
            after(nothing_wanted(), "DBT_LOG_FORMAT").as_deref(),
            Some("json")
        );
        assert_eq!(
            after(nothing_wanted(), "DBT_LOG_LEVEL_FILE").as_deref(),
            Some("none")
        );
        let chosen = Wanted {
            sets_file_level: true,
            ..nothing_wanted()
        };
        assert_eq!(
            after(chosen, "DBT_LOG_LEVEL_FILE").as_deref(),
            Some("the user's")
        );
    }
}
