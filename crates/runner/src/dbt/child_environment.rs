//! The changes to the environment that dbt inherits from this process.

use std::ffi::OsString;
use std::path::Path;

use dbt_templating::EnvironmentVariable;

/// A change to the environment that dbt inherits. Its `Debug` form shows no secret.
#[derive(Debug)]
pub(crate) enum EnvironmentChange {
    /// Sets a variable.
    Set(String, OsString),
    /// Sets a variable to a secret.
    SetSecret(EnvironmentVariable),
    /// Removes a variable.
    Remove(String),
}

/// What the environment of dbt depends on.
pub(crate) struct EnvironmentOptions<'a> {
    /// The folder of the project, if the settings name one.
    pub(crate) project_dir: Option<&'a Path>,
    /// The folder of profiles.yml, if it is rendered or the settings name one.
    pub(crate) profiles_dir: Option<&'a Path>,
    /// The folder of artifacts, if the settings name one.
    pub(crate) target_path: Option<&'a Path>,
    /// Whether the user has set the level of dbt's own log file.
    pub(crate) sets_file_level: bool,
    /// Values of dbt's flags, by the names of their variables (`DBT_...`).
    pub(crate) flags: Vec<(String, String)>,
    /// Variables for the secrets of profiles.yml.
    pub(crate) secrets: Vec<EnvironmentVariable>,
}

/// Flags that decide what dbt writes to its output. dbt reads the variables of flags under two prefixes, `DBT_` and,
/// since 1.11, `DBT_ENGINE_`, which wins.
const OUTPUT_FLAGS: [&str; 4] = ["QUIET", "LOG_FORMAT", "LOG_LEVEL", "DEBUG"];
/// Prefect's control channel. Only this process may use it: a child that connected to it would answer in our place.
pub(crate) const CONTROL_VARIABLES: [&str; 2] = ["PREFECT__CONTROL_PORT", "PREFECT__CONTROL_TOKEN"];

/// The changes to the environment that dbt inherits, in order.
///
/// Settings are passed as variables and not as flags, because a dbt command rejects flags that it does not know.
pub(crate) fn child_environment(options: EnvironmentOptions<'_>) -> Vec<EnvironmentChange> {
    use EnvironmentChange::{Remove, Set, SetSecret};
    let mut changes = output_changes();
    changes.extend(CONTROL_VARIABLES.map(|name| Remove(name.to_owned())));
    if !options.sets_file_level {
        // The journal has the same events, and writing dbt's debug log takes time.
        changes.push(Set("DBT_LOG_LEVEL_FILE".to_owned(), "none".into()));
    }
    let folders = [
        ("PROJECT_DIR", options.project_dir),
        ("PROFILES_DIR", options.profiles_dir),
        ("TARGET_PATH", options.target_path),
    ];
    for (name, folder) in folders {
        if let Some(folder) = folder {
            changes.push(Set(format!("DBT_{name}"), folder.into()));
            changes.push(Remove(format!("DBT_ENGINE_{name}")));
        }
    }
    for (name, value) in options.flags {
        if let Some(flag) = name.strip_prefix("DBT_") {
            changes.push(Remove(format!("DBT_ENGINE_{flag}")));
        }
        changes.push(Set(name, value.into()));
    }
    changes.extend(options.secrets.into_iter().map(SetSecret));
    changes
}

/// Makes dbt write every event to its output, as JSON.
fn output_changes() -> Vec<EnvironmentChange> {
    use EnvironmentChange::{Remove, Set};
    let mut changes: Vec<_> = OUTPUT_FLAGS
        .map(|name| Remove(format!("DBT_ENGINE_{name}")))
        .into();
    changes.extend([
        Remove("DBT_QUIET".to_owned()),
        Set("DBT_LOG_FORMAT".to_owned(), "json".into()),
        Set("DBT_LOG_LEVEL".to_owned(), "debug".into()),
        // dbt 1.5 writes the events of nodes only with this variable.
        Set("DBT_DEBUG".to_owned(), "1".into()),
    ]);
    changes
}

#[cfg(test)]
pub(super) mod tests {
    use dbt_templating::{Block, RenderOptions, Resolved, Template};

    use super::*;
    use crate::dbt::{Aftercare, DbtCommand};

    /// The variable that passes a secret of a profiles.yml to dbt.
    pub(in crate::dbt) fn secret_variable(value: &str) -> EnvironmentVariable {
        let source = "shop: '{{ prefect.blocks.database.shop.password }}'\n";
        let template = Template::parse("profiles.yml", source).unwrap();
        let block = Block::new(serde_json::json!({ "password": value }));
        let resolved = Resolved::new().block("database", "shop", block.secret_fields(["password"]));
        let rendered = template.render(&resolved, &RenderOptions::default());
        rendered.unwrap().variables.remove(0)
    }

    fn no_options() -> EnvironmentOptions<'static> {
        EnvironmentOptions {
            project_dir: None,
            profiles_dir: None,
            target_path: None,
            sets_file_level: false,
            flags: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// The value of a variable in dbt's environment, when the user has set every variable.
    fn value_of(name: &str, options: EnvironmentOptions<'_>) -> Option<String> {
        let changes = child_environment(options).into_iter();
        let mut value = Some("the user's".to_owned());
        for change in changes {
            match change {
                EnvironmentChange::Set(changed, new) if changed == name => {
                    value = Some(new.to_string_lossy().into_owned());
                }
                EnvironmentChange::Remove(changed) if changed == name => value = None,
                _ => {}
            }
        }
        value
    }

    #[test]
    fn folders_of_the_settings_beat_both_variables_of_the_user() {
        let options = || EnvironmentOptions {
            profiles_dir: Some(Path::new("rendered")),
            ..no_options()
        };
        let value = |name| value_of(name, options());
        assert_eq!(value("DBT_PROFILES_DIR").as_deref(), Some("rendered"));
        assert_eq!(value("DBT_ENGINE_PROFILES_DIR"), None);
        for unchanged in ["DBT_PROJECT_DIR", "DBT_ENGINE_TARGET_PATH", "DBT_LOG_PATH"] {
            assert_eq!(
                value(unchanged).as_deref(),
                Some("the user's"),
                "{unchanged}"
            );
        }
    }

    #[test]
    fn the_users_variables_do_not_change_the_output() {
        for name in OUTPUT_FLAGS {
            assert_eq!(value_of(&format!("DBT_ENGINE_{name}"), no_options()), None);
        }
        assert_eq!(value_of("DBT_QUIET", no_options()), None);
        let format = value_of("DBT_LOG_FORMAT", no_options());
        assert_eq!(format.as_deref(), Some("json"));
    }

    #[test]
    fn dbt_does_not_get_the_control_channel() {
        for name in CONTROL_VARIABLES {
            assert_eq!(value_of(name, no_options()), None, "{name}");
        }
    }

    #[test]
    fn dbt_writes_its_log_file_only_if_the_user_sets_its_level() {
        let name = "DBT_LOG_LEVEL_FILE";
        assert_eq!(value_of(name, no_options()).as_deref(), Some("none"));
        let chosen = EnvironmentOptions {
            sets_file_level: true,
            ..no_options()
        };
        assert_eq!(value_of(name, chosen).as_deref(), Some("the user's"));
    }

    #[test]
    fn the_debug_form_of_a_command_shows_no_secret() {
        let secret = secret_variable("hunter2");
        let name = secret.name.clone();
        let command = DbtCommand {
            program: "dbt".into(),
            args: vec!["build".to_owned()],
            environment: child_environment(EnvironmentOptions {
                secrets: vec![secret],
                ..no_options()
            }),
            aftercare: Aftercare::default(),
        };
        let debug = format!("{command:?}");
        assert!(debug.contains(&name), "{debug}");
        assert!(!debug.contains("hunter2"), "{debug}");
    }
}
