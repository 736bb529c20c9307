//! Is there a project, and does dbt take it?

use std::path::Path;

use serde::Deserialize;
use serde_yaml::Value;

use super::report::Check;

const ID: &str = "project";

/// What dbt_project.yml says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ProjectFile {
    /// The profile that it names.
    pub(super) profile: Option<String>,
}

#[derive(Deserialize)]
struct Shape {
    name: Option<Value>,
    profile: Option<Value>,
    prefect: Option<Value>,
}

/// Judges a dbt_project.yml by its bytes; `None` when there is none.
pub(super) fn check(file: &Path, bytes: Option<&[u8]>) -> (Check, Option<ProjectFile>) {
    let shown = file.display();
    let Some(bytes) = bytes else {
        let finding = format!("there is no {shown}, nor one in a folder above");
        let advice = "go to the project's folder, or name it with --project-dir or DBT_PROJECT_DIR";
        return (Check::problem(ID, finding, advice), None);
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
    let check = if shape.prefect.is_some() {
        Check::problem(
            ID,
            format!("{shown} has a key `prefect` at its top, which dbt rejects"),
            "put `+prefect: {enable_assets: false}` below models:, seeds: or snapshots:, or a `prefect` key into a node's meta",
        )
    } else if let Some(name) = name {
        Check::ok(ID, format!("`{name}` at {shown}"))
    } else {
        Check::problem(ID, format!("{shown} names no project"), "add `name: ...`")
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
        check(Path::new("dbt_project.yml"), text.map(str::as_bytes)).0
    }

    #[test]
    fn each_mistake_is_told_with_what_to_do() {
        let well = checked(Some(
            "name: shop\nprofile: store\nmodels: {+prefect: {enable_assets: false}}\n",
        ));
        assert_eq!(well.status, Status::Ok);
        assert_eq!(well.details["profile"], "store");
        for (text, told) in [
            (None, "there is no dbt_project.yml"),
            (
                Some("name: shop\nprefect: {enable_assets: false}"),
                "key `prefect` at its top",
            ),
            (Some("profile: x"), "names no project"),
            (Some("name: [shop"), "line 1"),
            (Some(""), "names no project"),
            (Some("- shop"), "cannot be read"),
        ] {
            let check = checked(text);
            assert_eq!(check.status, Status::Problem, "{told}");
            assert!(check.finding.contains(told), "{}", check.finding);
            assert!(check.advice.is_some());
        }
    }
}
