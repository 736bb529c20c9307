//! Checks that the packages of a project are installed.

use std::path::Path;

use serde::Deserialize;
use serde_yaml::Value;

use super::report::Check;

const ID: &str = "packages";
/// Files that name packages.
pub(super) const FILES: [&str; 2] = ["packages.yml", "dependencies.yml"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shape {
    packages: Option<Vec<Value>>,
}

/// Checks the packages that the project names in these files, against the number of folders in `folder`. As dbt does, it only
/// counts. `None` if the project names no package.
pub(super) fn check(files: &[(&str, Vec<u8>)], folder: &Path, installed: usize) -> Option<Check> {
    let mut named = 0;
    for (name, bytes) in files {
        match serde_yaml::from_slice::<Option<Shape>>(bytes) {
            Ok(shape) => {
                named += shape
                    .and_then(|shape| shape.packages)
                    .map_or(0, |list| list.len())
            }
            Err(error) => {
                let finding = format!("{name} cannot be read: {error}");
                return Some(Check::problem(ID, finding, "correct the file"));
            }
        }
    }
    if named == 0 {
        return None;
    }
    let shown = folder.display();
    let check = match installed < named {
        true => Check::problem(
            ID,
            format!("the project names {named} packages, and {shown} has {installed}"),
            "run `prefect-dbt invoke -- deps`",
        ),
        false => Check::ok(ID, format!("{named} named, {installed} in {shown}")),
    };
    Some(check.detail("named", named).detail("installed", installed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Status;

    fn checked(text: &str, installed: usize) -> Option<Status> {
        let files = [("packages.yml", text.as_bytes().to_vec())];
        let check = check(&files, Path::new("dbt_packages"), installed);
        check.map(|check| check.status)
    }

    #[test]
    fn packages_that_are_not_installed_are_a_problem() {
        let two =
            "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.0.0\n  - local: stacks\n";
        assert_eq!(checked(two, 1), Some(Status::Problem));
        // A package may bring others.
        assert_eq!(checked(two, 3), Some(Status::Ok));
        for nothing in ["", "packages:\n", "projects: [{name: other}]\n"] {
            assert_eq!(checked(nothing, 0), None, "{nothing}");
        }
        assert_eq!(checked("packages: 3", 0), Some(Status::Problem));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_checked(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = check(&[("packages.yml", bytes)], Path::new("dbt_packages"), 0);
        }
    }
}
