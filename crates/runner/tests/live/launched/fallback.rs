//! Where the launcher cannot work, dbt starts as it is, and everybody is informed why.

use std::fs;

use super::mirror::Mirror;
use crate::project::{Finished, program_in};

/// A dbt with other parts than the launcher knows: it prints an event to standard output if it is asked to.
const UNKNOWN_DBT: &str = r#"
import os, sys

def cli():
    if "--version" in sys.argv:
        print("Core:\n  - installed: 1.99.0\nPlugins:\n  - duckdb: 1.99.0")
        return 0
    info = '"name": "MainReportVersion", "level": "info", "ts": "2026-01-01T12:00:00Z", "msg": "an unknown dbt"'
    print('{"info": {%s}, "data": {}}' % info if os.environ.get("DBT_LOG_FORMAT") == "json" else "text")
    return 0
"#;

/// The folder of the unknown dbt.
fn unknown_dbt(mirror: &Mirror) -> String {
    let packages = mirror.home().join("packages");
    fs::create_dir_all(packages.join("dbt/cli")).unwrap();
    for (file, text) in [
        ("dbt/__init__.py", ""),
        ("dbt/cli/__init__.py", ""),
        ("dbt/cli/main.py", UNKNOWN_DBT),
    ] {
        fs::write(packages.join(file), text).unwrap();
    }
    packages.to_str().unwrap().to_owned()
}

#[test]
fn a_dbt_that_the_launcher_does_not_know_starts_as_it_is() {
    let mirror = Mirror::new();
    let packages = unknown_dbt(&mirror);
    let (finished, _) = mirror.run(|mirror| {
        let options = ["--launcher", "auto"];
        let mut command = mirror.ours(&options, &["--log-level", "debug", "build"]);
        command.env("PYTHONPATH", &packages);
        command.env("PREFECT_LOGGING_LEVEL", "DEBUG");
        command
    });
    let why = "the launcher gave up: ImportError: cannot import name 'requires' from 'dbt.cli'";
    finished.exits_with(0).says("an unknown dbt").says(why);
    let mut doctor = program_in(&mirror.project(), &mirror.environment);
    doctor
        .arg("doctor")
        .env("PYTHONPATH", &packages)
        .env("PREFECT_DBT_LAUNCHER", "auto");
    let report = Finished::of(&mut doctor);
    let said = "not used: the launcher gave up: ImportError";
    assert!(report.stdout.contains(said), "{}", report.stdout);
}

#[test]
fn the_journal_says_how_dbt_was_started() {
    let mirror = Mirror::parsed();
    let wrapper = mirror.script("wrapper", |first| format!("{first}\nimport os"));
    let wrapper = wrapper.to_str().unwrap().to_owned();
    let run = |options: &[&str]| {
        let (finished, _) = mirror.run(|mirror| mirror.ours(options, &["parse"]));
        finished.exits_with(0);
        mirror.start()
    };
    assert_eq!(run(&["--launcher", "auto"]), "launcher");
    let off = run(&["--launcher", "off"]);
    assert_eq!(off["plain"], "it is off");
    let other = run(&["--launcher", "auto", "--dbt", &wrapper]);
    let expected = format!("{wrapper} is not the console script of dbt Core: `import os`");
    assert_eq!(other["plain"], expected.as_str());
}
