//! Parts that need no server: the start of the program, and the listing of a large manifest.

use std::process::Command;

use anyhow::Result;

use super::manifest;
use super::measure::{Measurement, measure, medians};
use crate::server::quiet_environment;
use crate::workspace;

/// These are short: more runs cost nothing.
const TIMES: usize = 5;

/// `prefect-dbt --version`.
pub(super) fn start(rounds: usize) -> Result<()> {
    repeat("prefect-dbt --version", &["--version"], rounds)
}

/// `prefect-dbt ls` on a manifest of 10,000 nodes.
pub(super) fn list(rounds: usize) -> Result<()> {
    let path = workspace::fresh_dir("bench/manifest")?.join("manifest.json");
    manifest::generate(&path)?;
    let bytes = fs_err::metadata(&path)?.len();
    let title = format!(
        "prefect-dbt ls --select tag:critical+ ({} MB manifest)",
        bytes / 1_000_000
    );
    let file = path.to_string_lossy();
    repeat(
        &title,
        &["ls", "--manifest", &file, "--select", "tag:critical+"],
        rounds,
    )
}

fn repeat(title: &str, args: &[&str], rounds: usize) -> Result<()> {
    let dir = workspace::fresh_dir("bench/programs")?;
    let one = |_| {
        let mut command = Command::new(workspace::release_binary());
        quiet_environment(&mut command);
        measure(
            command.current_dir(&dir).args(args),
            &dir.join("output.txt"),
        )
    };
    let runs = (0..rounds * TIMES)
        .map(one)
        .collect::<Result<Vec<Measurement>>>()?;
    let (wall, peak) = medians(&runs);
    println!(
        "{title}: {:.1} ms, {peak:.1} MB, medians of {} runs",
        wall * 1000.0,
        runs.len()
    );
    Ok(())
}
