//! A program that runs `dbt build` in a flow, and its own subscriber.

use std::path::Path;
use std::time::Duration;

use prefect_dbt::{Flow, PrefectDbtRunnerBuilder};

use crate::written::Written;

/// The lines that the subscriber shows. `project` has a stand-in for dbt.
pub(super) fn logged(project: &Path, builder: PrefectDbtRunnerBuilder) -> Vec<String> {
    let written = Written::default();
    let runner = builder
        .dbt(project.join(".venv/bin/dbt"))
        .verify_timeout(Duration::ZERO)
        .build()
        .expect("a runner");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    written.during(|| {
        let run = Flow::new("nightly").run(&runner, |_| ["build"]);
        runtime.block_on(run).expect("dbt succeeds");
    });
    written.lines()
}
