//! Twenty thousand nodes through our program, into a server that takes everything at once.

use anyhow::Result;

use crate::process;

/// Most memory that our program may take for it, in megabytes.
const BUDGET: u32 = 128;

/// Runs the test that tells of such a build, in a release build; it prints nodes a second and peak memory.
pub(super) fn run(rounds: usize) -> Result<()> {
    println!("20,000 nodes, {rounds} runs; the budget is {BUDGET} MB");
    for _ in 0..rounds {
        process::run(process::cargo().args([
            "test",
            "--release",
            "--package",
            "prefect-dbt",
            "--test",
            "live",
            "--",
            "--nocapture",
            "volume::",
        ]))?;
    }
    Ok(())
}
