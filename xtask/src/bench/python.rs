//! The Python package: its import, a run by it beside one of the command line, and many calls of a hook.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::measure::{Spread, measure};
use crate::process::output;
use crate::python::Environment;
use crate::server::quiet_environment;
use crate::workspace;

/// Imports that are measured.
const IMPORTS: usize = 20;
/// Models of the stand-in for dbt when hooks are called.
const MODELS: &str = "5000";
/// The same when the program and the package are compared, and how often they are in each round: each run is short.
const FEW_MODELS: &str = "30";
const TIMES: usize = 5;

/// Measures the import of the package, what `invoke` costs beside the command line, and whether hooks delay dbt.
pub(super) fn run(rounds: usize) -> Result<()> {
    let dir = workspace::fresh_dir("bench/python")?;
    let imports = (0..IMPORTS).map(|_| number(&mut python("import", &dir)));
    let imports = Spread::of(imports.collect::<Result<_>>()?);
    println!(
        "import of the package: {imports} ms, limit 50; `python -X importtime` lists its modules"
    );
    let shop = dir.join("shop");
    workspace::copy_project(&workspace::testdata().join("projects/shop"), &shop)?;
    let dbt = Environment::Dbt.program("dbt");
    invocations("build of the shop", &shop, &dbt, rounds)?;
    let many = dir.join("many");
    let dbt = stand_in(&many)?;
    let title = format!("dbt of {FEW_MODELS} models that takes no time");
    invocations(&title, &many, &dbt, rounds * TIMES)?;
    hooks(&many, &dbt, rounds)
}

/// A build without Prefect by the command line and by Python, in turns.
fn invocations(title: &str, project: &Path, dbt: &Path, rounds: usize) -> Result<()> {
    let (mut by_program, mut by_python) = (Vec::new(), Vec::new());
    // Round 0 warms up: it parses the project and creates its database.
    for round in 0..=rounds {
        let mut program = Command::new(workspace::release_binary());
        quiet_environment(&mut program);
        program
            .current_dir(project)
            .env("PREFECT_DBT_EXECUTABLE", dbt)
            .env("MODELS", FEW_MODELS)
            .args(["invoke", "--no-prefect", "--", "build"]);
        let mut python = python("invoke", project);
        python
            .env("PREFECT_DBT_EXECUTABLE", dbt)
            .env("MODELS", FEW_MODELS);
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
    let pairs = by_python.iter().zip(&by_program);
    let more = Spread::of(pairs.map(|(python, program)| python - program).collect());
    let (by_program, by_python) = (Spread::of(by_program), Spread::of(by_python));
    println!(
        "{title}: by the command line {by_program} s, by `invoke` in Python {by_python} s, difference {more} s, limit +0.10"
    );
    Ok(())
}

/// Creates a project with a stand-in for dbt, and gives the path of that.
fn stand_in(project: &Path) -> Result<PathBuf> {
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
    Ok(dbt)
}

/// How long a stand-in for dbt takes without hooks and with 5,000 calls of one millisecond.
fn hooks(project: &Path, dbt: &Path, rounds: usize) -> Result<()> {
    let run = |what| {
        let mut python = python(what, project);
        python
            .env("PREFECT_DBT_EXECUTABLE", dbt)
            .env("MODELS", MODELS);
        python
    };
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        number(&mut run("invoke"))?;
        without.push(seconds(project)?);
        let calls = text(&mut run("hooks"))?;
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
