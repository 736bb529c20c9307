//! The Python package: its import, a run by it beside one of the command line, and many calls of a hook.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::measure::{Spread, measure};
use crate::process::output;
use crate::python::Environment;
use crate::server::quiet_environment;
use crate::workspace;

/// Imports that are measured.
const IMPORTS: usize = 20;
/// Models of the stand-in for dbt.
const MODELS: &str = "5000";

/// Measures the import of the package, what `invoke` costs beside the command line, and whether hooks delay dbt.
pub(super) fn run(rounds: usize) -> Result<()> {
    let dir = workspace::fresh_dir("bench/python")?;
    let imports = (0..IMPORTS).map(|_| number(&mut python("import", &dir)));
    let imports = Spread::of(imports.collect::<Result<_>>()?);
    println!(
        "import of the package: {imports} ms, limit 50; `python -X importtime` lists its modules"
    );
    invocations(&dir.join("shop"), rounds)?;
    hooks(&dir.join("hooks"), rounds)
}

/// A build without Prefect by the command line and by Python, in turns.
fn invocations(project: &Path, rounds: usize) -> Result<()> {
    workspace::copy_project(&workspace::testdata().join("projects/shop"), project)?;
    let (mut by_program, mut by_python) = (Vec::new(), Vec::new());
    // Round 0 warms up: it parses the project and creates its database.
    for round in 0..=rounds {
        let mut program = Command::new(workspace::release_binary());
        quiet_environment(&mut program);
        program
            .current_dir(project)
            .env("PREFECT_DBT_EXECUTABLE", Environment::Dbt.program("dbt"))
            .args(["invoke", "--no-prefect", "--", "build"]);
        let mut python = python("invoke", project);
        python.env("PREFECT_DBT_EXECUTABLE", Environment::Dbt.program("dbt"));
        let output = project.join("output.txt");
        // The order alternates, so that a slower machine affects both.
        let pair = if round % 2 == 0 {
            let wall = measure(&mut program, &output)?.wall;
            (wall, number(&mut python)?)
        } else {
            let seconds = number(&mut python)?;
            (measure(&mut program, &output)?.wall, seconds)
        };
        if round > 0 {
            by_program.push(pair.0);
            by_python.push(pair.1);
        }
    }
    let (by_program, by_python) = (Spread::of(by_program), Spread::of(by_python));
    let more = by_python.middle - by_program.middle;
    println!(
        "build by the command line: {by_program} s; `invoke` in Python: {by_python} s, {more:+.2} s, limit +0.10"
    );
    Ok(())
}

/// How long a stand-in for dbt takes without hooks and with 5,000 calls of one millisecond.
fn hooks(project: &Path, rounds: usize) -> Result<()> {
    fs_err::create_dir_all(project)?;
    let dbt_project = "name: many\nversion: '1.0'\nprofile: many\n";
    let profiles = "many:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: many.duckdb}\n";
    fs_err::write(project.join("dbt_project.yml"), dbt_project)?;
    fs_err::write(project.join("profiles.yml"), profiles)?;
    let dbt = project.join("dbt");
    let stand_in = workspace::testdata().join("tools/many_models.py");
    let interpreter = Environment::Dbt.program("python");
    let script = format!(
        "#!/bin/sh\nexec '{}' '{}' \"$@\"\n",
        interpreter.display(),
        stand_in.display()
    );
    fs_err::write(&dbt, script)?;
    fs_err::set_permissions(&dbt, std::fs::Permissions::from_mode(0o755))?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        number(python("invoke", project).env("PREFECT_DBT_EXECUTABLE", &dbt))?;
        without.push(seconds(project)?);
        let calls = text(python("hooks", project).env("PREFECT_DBT_EXECUTABLE", &dbt))?;
        if calls != MODELS {
            bail!("{calls} calls of the hook instead of {MODELS}");
        }
        with.push(seconds(project)?);
    }
    let (without, with) = (Spread::of(without), Spread::of(with));
    println!(
        "dbt of {MODELS} models: {without} s without hooks, {with} s with a call of 1 ms after each"
    );
    Ok(())
}

/// How long the stand-in says that it took.
fn seconds(project: &Path) -> Result<f64> {
    let text = fs_err::read_to_string(project.join("seconds"))?;
    text.parse().context("the stand-in for dbt writes a number")
}

/// Our program in Python, which has no Prefect.
fn python(what: &str, dir: &Path) -> Command {
    let mut python = Command::new(Environment::Dbt.program("python"));
    quiet_environment(&mut python);
    python
        .current_dir(dir)
        .env("PYTHONPATH", workspace::root().join("crates/runner/python"))
        .env("PREFECT_DBT_BIN", workspace::release_binary())
        .arg(workspace::testdata().join("tools/python_bench.py"))
        .arg(what);
    python
}

fn number(python: &mut Command) -> Result<f64> {
    text(python)?
        .parse()
        .context("python_bench.py prints a number")
}

/// What it prints last.
fn text(python: &mut Command) -> Result<String> {
    let printed = output(python)?;
    Ok(printed.trim().to_owned())
}
