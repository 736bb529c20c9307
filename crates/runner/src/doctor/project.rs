//! Checks dbt_project.yml.

use std::path::Path;

use serde::Deserialize;
use serde_yaml::Value;

use super::report::Check;
use crate::dbt::command_line::Engine;
use crate::dbt::{DbtError, DbtVersion};

const ID: &str = "project";

/// What other checks need from dbt_project.yml.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ProjectFile {
    /// The name of its profile.
    pub(super) profile: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Shape {
    name: Option<Value>,
    profile: Option<Value>,
    prefect: Option<Value>,
    target_path: Option<Value>,
    log_path: Option<Value>,
}

impl Shape {
    /// The key of a folder that dbt 2 rejects, since it is not the default one.
    fn other_folder(&self) -> Option<&'static str> {
        let folders = [
            ("target-path", &self.target_path, "target"),
            ("log-path", &self.log_path, "logs"),
        ];
        let is_other = |value: &Value, default| value.as_str() != Some(default);
        folders.into_iter().find_map(|(key, value, default)| {
            let value = value.as_ref()?;
            is_other(value, default).then_some(key)
        })
    }
}

/// Checks a dbt_project.yml by its content, or by why there is none, for this dbt.
pub(super) fn check(
    file: &Path,
    bytes: Result<&[u8], &DbtError>,
    version: Option<&DbtVersion>,
) -> (Check, Option<ProjectFile>) {
    let shown = file.display();
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            let advice = error.help().unwrap_or_default();
            return (Check::problem(ID, error.to_string(), advice), None);
        }
    };
    let shape: Shape = match serde_yaml::from_slice(bytes) {
        Ok(shape) => shape,
        Err(error) => {
            let finding = format!("{shown} cannot be read: {error}");
            return (Check::problem(ID, finding, "correct the file"), None);
        }
    };
    let name = shape.name.as_ref().and_then(Value::as_str);
    let profile = shape.profile.as_ref().and_then(Value::as_str);
    let found = ProjectFile {
        profile: profile.map(str::to_owned),
    };
    let is_dbt_2 = version.is_some_and(|version| version.engine() == Engine::Fusion);
    let refused = shape.other_folder().filter(|_| is_dbt_2);
    let check = if let Some(key) = refused {
        Check::problem(
            ID,
            format!("{shown} has another `{key}` than the default one, which dbt 2 rejects"),
            format!("remove the key; the option --{key} of dbt chooses the folder of a run"),
        )
    } else if shape.prefect.is_some() {
        Check::problem(
            ID,
            format!("{shown} has the key `prefect` at the top level, which dbt rejects"),
            "put `+prefect: {enable_assets: false}` below models:, seeds: or snapshots:, or a `prefect` key into the meta of a node",
        )
    } else if let Some(name) = name {
        Check::ok(ID, format!("`{name}` at {shown}"))
    } else {
        Check::problem(ID, format!("{shown} has no `name`"), "add `name: ...`")
    };
    let check = check
        .detail("file", shown.to_string())
        .detail("name", name)
        .detail("profile", profile);
    (check, Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Status;

    fn checked(text: Option<&str>) -> Check {
        let missing = DbtError::NoProject {
            dir: "shop".into(),
            searched_above: true,
        };
        let bytes = text.map(str::as_bytes).ok_or(&missing);
        check(Path::new("dbt_project.yml"), bytes, None).0
    }

    #[test]
    fn folders_that_dbt_2_rejects_are_a_problem_for_it_alone() {
        let status = |version, text: &str| {
            let version = DbtVersion::new(version);
            let text = format!("name: shop\n{text}");
            let file = Path::new("dbt_project.yml");
            check(file, Ok(text.as_bytes()), Some(&version)).0.status
        };
        for text in [
            "target-path: out",
            "log-path: [a]",
            "target-path: \"{{ x }}\"",
        ] {
            assert_eq!(status("2.0.9", text), Status::Problem, "{text}");
            assert_eq!(status("1.11.16", text), Status::Ok, "{text}");
        }
        let defaults = "target-path: target\nlog-path: logs";
        assert_eq!(status("2.0.9", defaults), Status::Ok);
        assert_eq!(status("2.0.9", "target-path:"), Status::Ok);
    }

    #[test]
    fn each_mistake_has_a_finding_and_an_advice() {
        let good = checked(Some(
            "name: shop\nprofile: store\nmodels: {+prefect: {enable_assets: false}}\n",
        ));
        assert_eq!(good.status, Status::Ok);
        assert_eq!(good.details["profile"], "store");
        for (text, finding) in [
            (
                None,
                "cannot find dbt_project.yml in shop or in a folder above it",
            ),
            (
                Some("name: shop\nprefect: {enable_assets: false}"),
                "key `prefect` at the top level",
            ),
            (Some("profile: x"), "has no `name`"),
            (Some("name: [shop"), "line 1"),
            (Some(""), "has no `name`"),
            (Some("- shop"), "cannot be read"),
        ] {
            let check = checked(text);
            assert_eq!(check.status, Status::Problem, "{finding}");
            assert!(check.finding.contains(finding), "{}", check.finding);
            assert!(check.advice.is_some());
        }
    }
}
