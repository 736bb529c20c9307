//! Parts that need no server: the start of the program, and the listing of large projects.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::measure::{Measurement, Spread, measure};
use super::{manifest, wide};
use crate::python::Environment;
use crate::server::quiet_environment;
use crate::{process, workspace};

/// These are short: more runs cost nothing.
const TIMES: usize = 5;

/// `prefect-dbt --version`.
pub(super) fn start(rounds: usize) -> Result<()> {
    let dir = workspace::fresh_dir("bench/programs")?;
    repeat("prefect-dbt --version", &["--version"], &dir, rounds)
}

/// `ls` on a project of 5,000 models and 5,000 tests, by dbt and by us; then the steps of it, one by one.
pub(super) fn list(rounds: usize) -> Result<()> {
    let dir = parsed()?;
    let select = ["ls", "--select", "tag:critical+"];
    let theirs = by_dbt(&dir, &select, "dbt.txt")?;
    println!("dbt ls, parsed before: {:.1} s", theirs.wall);
    repeat("prefect-dbt ls", &select, &dir, rounds)?;
    let ours = fs_err::read_to_string(dir.join(OUTPUT))?;
    if ours != fs_err::read_to_string(dir.join("dbt.txt"))? {
        bail!("the two do not list the same nodes; see {}", dir.display());
    }
    steps(&dir.join(MANIFEST))
}

/// The steps of a listing on a manifest of 100,000 nodes.
pub(super) fn huge(rounds: usize) -> Result<()> {
    let dir = workspace::fresh_dir("bench/huge")?;
    let path = dir.join("manifest.json");
    let source = workspace::target().join(WIDE).join(MANIFEST);
    manifest::generate(&source, &path)
        .context("run the part `ls` first: it creates the manifest that this part extends")?;
    let file = path.to_string_lossy();
    let args = ["ls", "--manifest", &file, "--select", "tag:critical+"];
    repeat("prefect-dbt ls, 100,000 nodes", &args, &dir, rounds)?;
    steps(&path)
}

/// The project of 5,000 models and 5,000 tests, parsed by dbt.
pub(super) fn parsed() -> Result<PathBuf> {
    let dir = workspace::fresh_dir(WIDE)?;
    wide::generate(&dir)?;
    by_dbt(&dir, &["parse"], "parse.txt")?;
    Ok(dir)
}

fn by_dbt(dir: &Path, args: &[&str], output: &str) -> Result<Measurement> {
    let mut command = Command::new(Environment::Dbt.program("dbt"));
    quiet_environment(&mut command);
    let command = command.current_dir(dir).arg("--quiet").args(args);
    measure(command, &dir.join(output))
}

fn steps(manifest: &Path) -> Result<()> {
    process::run(
        process::cargo()
            .args([
                "bench",
                "--package",
                "dbt-selector",
                "--bench",
                "selection",
                "--",
            ])
            .arg(manifest),
    )
}

const OUTPUT: &str = "output.txt";
const MANIFEST: &str = "target/manifest.json";
/// Where the project of 10,000 nodes is made.
const WIDE: &str = "bench/wide";

/// Measures the program with these arguments.
pub(super) fn repeat(title: &str, args: &[&str], dir: &Path, rounds: usize) -> Result<()> {
    let one = |_| {
        let mut command = Command::new(workspace::release_binary());
        quiet_environment(&mut command);
        measure(command.current_dir(dir).args(args), &dir.join(OUTPUT))
    };
    let runs = (0..rounds * TIMES)
        .map(one)
        .collect::<Result<Vec<Measurement>>>()?;
    let wall = Spread::of(runs.iter().map(|one| one.wall * 1000.0).collect());
    let peak = Spread::of(runs.iter().map(|one| one.peak_mb).collect());
    println!(
        "{title}: {wall} ms, {:.1} MB, medians of {} runs (smallest-largest)",
        peak.middle,
        runs.len()
    );
    Ok(())
}
