//! Bad input: one clear message each, and the exit code of the contract.

use super::project::{Finished, Project};

#[test]
fn a_missing_dbt_is_named() {
    let project = Project::new();
    let finished = project.invoke(&["--dbt", "there/is/no/dbt"], &["build"]);
    finished.exits_with(2).says("there/is/no/dbt");
}

#[test]
fn an_unknown_option_is_a_usage_error() {
    let project = Project::new();
    Finished::of(
        project
            .program()
            .args(["invoke", "--no-such-option", "build"]),
    )
    .exits_with(2)
    .says("--no-such-option");
}

#[test]
fn a_directory_without_a_project_is_an_error() {
    let project = Project::new();
    let finished = project.invoke(&["--project-dir", "seeds"], &["ls"]);
    finished.exits_with(2).says("dbt_project.yml");
}

#[test]
fn a_missing_project_directory_is_named() {
    let project = Project::new();
    let finished = project.invoke(&["--project-dir", "there_is_no_project"], &["ls"]);
    finished.exits_with(2).says("there_is_no_project");
}

#[test]
fn a_missing_profile_is_named() {
    let project = Project::new();
    std::fs::remove_file(project.path().join("profiles.yml")).unwrap();
    let finished = project.invoke(&["--no-raise-on-failure"], &["ls"]);
    finished.exits_with(2).says("profiles.yml");
}

#[test]
fn an_unknown_option_of_dbt_is_a_usage_error_of_dbt() {
    let project = Project::new();
    let finished = project.invoke(&["--no-prefect"], &["build", "--no-such-option"]);
    finished.exits_with(2).says("--no-such-option");
}
