//! The changes to the environment that dbt inherits from this process.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use dbt_templating::EnvironmentVariable;
use uuid::Uuid;

use super::capabilities::{Capabilities, NodeEvents, Variables};
use super::command_line::Engine;
use super::dbt2_variables;

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

impl EnvironmentChange {
    /// The variable and its value; without a value, it is removed. The only place where a secret leaves its type, apart from
    /// the masking of dbt's output.
    pub(super) fn parts(&self) -> (&OsStr, Option<&OsStr>) {
        match self {
            Self::Set(name, value) => (name.as_ref(), Some(value)),
            Self::SetSecret(secret) => (secret.name.as_ref(), Some(secret.value.expose().as_ref())),
            Self::Remove(name) => (name.as_ref(), None),
        }
    }
}

/// What the environment of dbt depends on.
pub(crate) struct EnvironmentOptions<'a> {
    /// What this dbt does with variables.
    pub(crate) capabilities: &'static Capabilities,
    /// The variables of dbt that this process has.
    pub(crate) inherited: &'a [InheritedVariable],
    /// The folder of the project, if the settings name one.
    pub(crate) project_dir: Option<&'a Path>,
    /// The folder of profiles.yml, if it is rendered or the settings name one.
    pub(crate) profiles_dir: Option<&'a Path>,
    /// The folder of artifacts, if the settings name one.
    pub(crate) target_path: Option<&'a Path>,
    /// The folder of dbt's log, if it cannot be the one that dbt would use.
    pub(crate) log_path: Option<&'a Path>,
    /// The id that dbt gives the invocation, if it is not to choose one.
    pub(crate) invocation_id: Option<Uuid>,
    /// Values of dbt's flags, by the names of their variables (`DBT_...`).
    pub(crate) flags: Vec<(String, String)>,
    /// Variables that name what started dbt, for packages of the project.
    pub(crate) job: Vec<(&'static str, String)>,
    /// Variables for the secrets of profiles.yml.
    pub(crate) secrets: Vec<EnvironmentVariable>,
}

/// A variable of this process whose name begins with `DBT_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InheritedVariable {
    /// Its name.
    pub(crate) name: String,
    /// Whether its value is empty.
    pub(crate) is_empty: bool,
}

/// Prefect's control channel. Only this process may use it: a child that connected to it would answer in our place.
pub(crate) const CONTROL_VARIABLES: [&str; 2] = ["PREFECT__CONTROL_PORT", "PREFECT__CONTROL_TOKEN"];

/// The changes to the environment that dbt inherits, in order.
///
/// Settings are passed as variables and not as flags, because a dbt command rejects flags that it does not know.
pub(crate) fn child_environment(options: EnvironmentOptions<'_>) -> Vec<EnvironmentChange> {
    use EnvironmentChange::{Remove, Set, SetSecret};
    let rules = &options.capabilities.variables;
    let refused = options
        .inherited
        .iter()
        .filter(|variable| is_refused(rules, variable));
    let mut changes: Vec<_> = refused
        .map(|variable| Remove(variable.name.clone()))
        .collect();
    changes.extend(CONTROL_VARIABLES.map(|name| Remove(name.to_owned())));
    let folders = [
        ("PROJECT_DIR", options.project_dir),
        ("PROFILES_DIR", options.profiles_dir),
        ("TARGET_PATH", options.target_path),
        ("LOG_PATH", options.log_path),
    ];
    for (name, folder) in folders {
        if let Some(folder) = folder {
            changes.extend(forced(rules, name, Some(folder.as_os_str())));
        }
    }
    if let Some(id) = options.invocation_id {
        let id = id.to_string();
        changes.extend(forced(rules, "INVOCATION_ID", Some(OsStr::new(&id))));
    }
    for (name, value) in &options.flags {
        let name = name.trim_start_matches("DBT_");
        changes.extend(forced(rules, name, Some(OsStr::new(value))));
    }
    let job = options.job.into_iter();
    changes.extend(job.map(|(name, value)| Set(name.to_owned(), value.into())));
    changes.extend(options.secrets.into_iter().map(SetSecret));
    changes
}

/// Makes dbt write every event to its output, as JSON, and to its log file only if the user has set the level of that file.
pub(crate) fn output_environment(
    capabilities: &Capabilities,
    sets_file_level: bool,
) -> Vec<EnvironmentChange> {
    let rules = &capabilities.variables;
    let mut changes = Vec::new();
    for (name, value) in output_values(capabilities) {
        changes.extend(forced(rules, name, value.map(OsStr::new)));
    }
    if !sets_file_level {
        // The journal has the same events. dbt Core makes the text of every event for a log file of any level, a tenth of the
        // time of a build; dbt 2 does not know `none`.
        let level = match capabilities.engine {
            Engine::Core => "none",
            Engine::Fusion => "error",
        };
        changes.extend(forced(rules, "LOG_LEVEL_FILE", Some(OsStr::new(level))));
    }
    changes
}

/// Whether dbt would end with an error because of a variable of the user: an empty option, which other versions take as
/// unset, or an unknown name with the reserved prefix.
fn is_refused(rules: &Variables, variable: &InheritedVariable) -> bool {
    let is_empty = rules.refuses_empty && variable.is_empty;
    (is_empty && dbt2_variables::is_option(&variable.name)) || is_unknown(rules, variable)
}

fn is_unknown(rules: &Variables, variable: &InheritedVariable) -> bool {
    rules.refuses_unknown_engine && dbt2_variables::is_unknown(&variable.name)
}

/// The variables with a value that dbt does not get since it does not know them and would end with an error.
pub(crate) fn unknown_variables<'a>(
    capabilities: &Capabilities,
    inherited: &'a [InheritedVariable],
) -> Vec<&'a str> {
    let unknown = inherited
        .iter()
        .filter(|variable| !variable.is_empty && is_unknown(&capabilities.variables, variable));
    unknown.map(|variable| variable.name.as_str()).collect()
}

/// The options that make dbt write every event to its output, as JSON; those without a value are not to be set.
fn output_values(capabilities: &Capabilities) -> [(&'static str, Option<&'static str>); 4] {
    let debug = match capabilities.node_events {
        NodeEvents::DebugSwitch => Some("1"),
        NodeEvents::LogLevel => None,
    };
    [
        ("QUIET", Some("false")),
        ("LOG_FORMAT", Some("json")),
        ("LOG_LEVEL", Some("debug")),
        ("DEBUG", debug),
    ]
}

/// Gives an option this value, or none, whatever the user has set. dbt reads the variables of options under two prefixes,
/// `DBT_` and, since 1.11, `DBT_ENGINE_`, which wins. A variable that is only removed could come back from a `.env`.
fn forced(rules: &Variables, name: &str, value: Option<&OsStr>) -> [EnvironmentChange; 2] {
    use EnvironmentChange::{Remove, Set};
    let (plain, engine) = (format!("DBT_{name}"), format!("DBT_ENGINE_{name}"));
    match value {
        Some(value) if rules.reads_dotenv => [Set(plain, value.into()), Set(engine, value.into())],
        Some(value) => [Set(plain, value.into()), Remove(engine)],
        None => [Remove(plain), Remove(engine)],
    }
}

#[cfg(test)]
pub(super) mod tests {
    use dbt_templating::{Block, RenderOptions, Resolved, Template};

    use super::*;
    use crate::dbt::{Aftercare, DbtCommand, DbtVersion, SharedInterpreter};

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
            capabilities: <&Capabilities>::default(),
            inherited: &[],
            project_dir: None,
            profiles_dir: None,
            target_path: None,
            log_path: None,
            invocation_id: None,
            flags: Vec::new(),
            job: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// The value of a variable in dbt's environment, when the user has set every variable.
    fn value_of(name: &str, options: EnvironmentOptions<'_>) -> Option<String> {
        value_after(name, child_environment(options))
    }

    fn value_after(name: &str, changes: Vec<EnvironmentChange>) -> Option<String> {
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

    /// Options for a dbt of this version.
    fn of(version: &str) -> EnvironmentOptions<'static> {
        EnvironmentOptions {
            capabilities: Capabilities::of(&DbtVersion::new(version)),
            ..no_options()
        }
    }

    /// The value of a variable in the environment of this version of dbt, for its output.
    fn output_of(name: &str, version: &str) -> Option<String> {
        value_after(name, output_environment(of(version).capabilities, true))
    }

    #[test]
    fn the_users_variables_do_not_change_the_output() {
        for (name, expected) in [
            ("QUIET", Some("false")),
            ("LOG_FORMAT", Some("json")),
            ("LOG_LEVEL", Some("debug")),
            ("DEBUG", None),
        ] {
            for version in ["1.8.0", "1.13.0", "2.0.0"] {
                let value = output_of(&format!("DBT_{name}"), version);
                assert_eq!(value.as_deref(), expected, "{name} {version}");
            }
            let engine = |version| output_of(&format!("DBT_ENGINE_{name}"), version);
            assert_eq!(engine("1.11.16"), None);
            // A `.env` of the user must not set it.
            assert_eq!(engine("2.0.0").as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn only_dbt_1_5_needs_the_debug_switch() {
        let debug = |version| output_of("DBT_DEBUG", version);
        assert_eq!(debug("1.5.12").as_deref(), Some("1"));
        assert_eq!(debug("1.7.20"), None);
        assert_eq!(debug("2.0.0"), None);
    }

    #[test]
    fn dbt_2_gets_no_variable_that_it_refuses() {
        let variable = |name: &str, is_empty| InheritedVariable {
            name: name.to_owned(),
            is_empty,
        };
        let inherited = [
            variable("DBT_FAIL_FAST", true),
            variable("DBT_MINE", true),
            variable("DBT_ENGINE_MINE", false),
            variable("DBT_ENGINE_FAIL_FAST", false),
        ];
        let kept = |version: &'static str| {
            let is_kept = |inherited: &&InheritedVariable| {
                let name = &inherited.name;
                let variables = std::slice::from_ref(*inherited);
                let options = EnvironmentOptions {
                    inherited: variables,
                    ..of(version)
                };
                value_of(name, options).is_some()
            };
            let kept = inherited.iter().filter(is_kept);
            kept.map(|variable| variable.name.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(kept("1.13.0").len(), 4);
        assert_eq!(kept("2.0.0"), ["DBT_MINE", "DBT_ENGINE_FAIL_FAST"]);
        let unknown = |version| unknown_variables(of(version).capabilities, &inherited);
        assert_eq!(unknown("2.0.0"), ["DBT_ENGINE_MINE"]);
        assert_eq!(unknown("1.13.0"), [""; 0]);
    }

    #[test]
    fn dbt_2_gets_the_id_of_its_invocation_under_both_names() {
        let options = || EnvironmentOptions {
            invocation_id: Some(Uuid::nil()),
            log_path: Some(Path::new("elsewhere")),
            ..of("2.0.0")
        };
        for (name, expected) in [
            ("INVOCATION_ID", "00000000-0000-0000-0000-000000000000"),
            ("LOG_PATH", "elsewhere"),
        ] {
            for prefix in ["DBT_", "DBT_ENGINE_"] {
                let value = value_of(&format!("{prefix}{name}"), options());
                assert_eq!(value.as_deref(), Some(expected), "{prefix}{name}");
            }
        }
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
        let value = |version, is_set| {
            let capabilities = Capabilities::of(&DbtVersion::new(version));
            value_after(name, output_environment(capabilities, is_set))
        };
        assert_eq!(value("1.11.16", false).as_deref(), Some("none"));
        assert_eq!(value("2.0.0", false).as_deref(), Some("error"));
        assert_eq!(value("1.11.16", true).as_deref(), Some("the user's"));
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
            output: Vec::new(),
            launch: None,
            interpreter: SharedInterpreter::default(),
            aftercare: Aftercare::default(),
        };
        let debug = format!("{command:?}");
        assert!(debug.contains(&name), "{debug}");
        assert!(!debug.contains("hunter2"), "{debug}");
    }
}
