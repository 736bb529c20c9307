//! Settings that a program does not set come from the environment of its process when the run starts.

use std::path::PathBuf;
use std::process::Command;

use prefect_dbt::{PrefectDbtRunner, PrefectDbtSettings};

use super::program::logged;
use crate::processes::StandIn;

/// The project of a process that plays the program.
const PROJECT: &str = "PREFECT_DBT_TEST_PROJECT";

/// The program, in a process of its own. It sets the folder of the project alone.
#[test]
fn the_program() {
    let Some(project) = std::env::var_os(PROJECT).map(PathBuf::from) else {
        return;
    };
    let settings = PrefectDbtSettings::default().with_project_dir(&project);
    let builder = PrefectDbtRunner::builder()
        .settings(settings)
        .without_prefect();
    let lines = logged(&project, builder);
    std::fs::write(project.join("lines"), lines.join("\n")).expect("written");
}

/// What the program's subscriber shows in this environment, where profiles.yml is in a folder of its own.
fn shown(variables: &[(&str, &str)]) -> String {
    let project = StandIn::new("echo 'a line of dbt'\n");
    let (here, profiles) = (project.path(), project.path().join("profiles"));
    std::fs::create_dir(&profiles).expect("a folder");
    std::fs::rename(here.join("profiles.yml"), profiles.join("profiles.yml")).expect("moved");
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--exact", "library::settings::the_program"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a PATH"))
        .env("HOME", here.join("home"))
        .env(PROJECT, here)
        .env("DBT_PROFILES_DIR", &profiles)
        .envs(variables.iter().copied())
        .output()
        .expect("it starts");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}");
    std::fs::read_to_string(here.join("lines")).expect("lines")
}

#[test]
fn what_a_program_does_not_set_comes_from_the_environment() {
    assert!(shown(&[]).contains("a line of dbt"));
    for variable in [
        ("DBT_LOG_LEVEL", "error"),
        ("PREFECT_LOGGING_LEVEL", "ERROR"),
    ] {
        let shown = shown(&[variable]);
        assert!(!shown.contains("a line of dbt"), "{variable:?}: {shown}");
    }
}
