//! `cargo xtask demo`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::python::Environment;
use crate::record::{Reader, Record, result_count};
use crate::server::{Server, quiet_environment};
use crate::{process, setup, workspace};

const FLOW_RUN: &str = "demo";

/// Builds the demo project with prefect-dbt and prints what a Prefect server recorded.
pub(crate) fn run(keep: bool) -> Result<()> {
    setup::run()?;
    process::run(process::cargo().args(["build", "--release", "--package", "prefect-dbt"]))?;
    println!("starting a Prefect server");
    let server = if keep {
        Server::start_and_keep()?
    } else {
        Server::start()?
    };
    let project = workspace::fresh_dir("demo")?.join("shop");
    workspace::copy_project(&workspace::testdata().join("projects/shop"), &project)?;

    let mut command = Command::new(workspace::release_binary());
    quiet_environment(&mut command);
    command
        .current_dir(&project)
        .env("PREFECT_API_URL", server.api())
        .env("PREFECT_DBT_EXECUTABLE", Environment::Dbt.program("dbt"))
        .args([
            "invoke",
            "--flow-name",
            "shop",
            "--flow-run-name",
            FLOW_RUN,
            "--",
            "build",
        ]);
    process::run(&mut command)?;

    let reader = Reader::new(server.api())?;
    let expected = result_count(&project)?;
    let record = reader.wait_for(FLOW_RUN, expected, Duration::from_secs(60))?;
    show(&record, expected);
    if keep {
        let page = reader
            .page(record.flow_run.id)
            .context("the server has no page for the flow run")?;
        println!(
            "\nflow run:        {page}\nstop the server: {}",
            server.stop_hint()
        );
    }
    Ok(())
}

fn show(record: &Record, expected: usize) {
    let state = record.flow_run.state.as_ref();
    println!("\nRecorded by the server");
    println!(
        "  flow run   {} ({})",
        record.flow_run.name, record.flow_run.id
    );
    println!("  state      {}", state.map_or("none", |state| &state.name));
    println!(
        "  task runs  {} of {expected} dbt results",
        record.task_runs.len()
    );
    for (name, count) in record.states() {
        println!("             {count} {name}");
    }
    println!("  edges      {}", record.edges());
}
