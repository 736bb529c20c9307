//! A run of 20,000 nodes, reported to a stand-in server that accepts everything at once.

use anyhow::Result;

use crate::process;

/// The memory limit in megabytes.
const BUDGET: u32 = 96;

/// Runs the test of such a run in a release build. It prints nodes per second and peak memory.
pub(super) fn run(rounds: usize) -> Result<()> {
    println!("20,000 nodes, {rounds} runs; the budget is {BUDGET} MB");
    for _ in 0..rounds {
        process::run(process::cargo().args([
            "test",
            "--release",
            "--package",
            "prefect-dbt",
            "--test",
            "it",
            "--",
            "--nocapture",
            "volume::",
        ]))?;
    }
    Ok(())
}
