//! What a program sees of a run that sets nothing up for it.

use std::path::Path;
use std::time::Duration;

use prefect_dbt::client::{Client, Settings};
use prefect_dbt::{Flow, PrefectDbtRunner, PrefectDbtRunnerBuilder, PrefectDbtSettings};
use tracing::subscriber::with_default;

use crate::processes::StandIn;
use crate::written::Written;

/// The lines that a program's own subscriber shows of `dbt build` in a flow.
fn logged(project: &Path, builder: PrefectDbtRunnerBuilder) -> Vec<String> {
    let written = Written::default();
    let settings = PrefectDbtSettings::default()
        .with_project_dir(project)
        .with_profiles_dir(project);
    let runner = builder
        .settings(settings)
        .dbt(project.join(".venv/bin/dbt"))
        .verify_timeout(Duration::ZERO)
        .build()
        .expect("a runner");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    with_default(written.subscriber(), || {
        let run = Flow::new("nightly").run(&runner, |_| ["build"]);
        runtime.block_on(run).expect("dbt succeeds");
    });
    written.lines()
}

/// Whether a line begins so and has this text.
fn has(lines: &[String], start: &str, text: &str) -> bool {
    let mut lines = lines.iter();
    lines.any(|line| line.starts_with(start) && line.contains(text))
}

#[test]
fn lines_of_dbt_and_an_outage_are_events() {
    let project = StandIn::new("echo 'a line of dbt'\n");
    // Nothing listens there.
    let away = Settings::with_api_url("http://127.0.0.1:1/api");
    let builder = PrefectDbtRunner::builder().client(Client::new(&away).expect("a client"));
    let lines = logged(project.path(), builder);
    let (info, warn) = ("INFO prefect_dbt::run: ", "WARN prefect_dbt::run: ");
    assert!(has(&lines, info, "a line of dbt run_id="), "{lines:#?}");
    assert!(
        has(&lines, warn, "cannot send to the Prefect API: "),
        "{lines:#?}"
    );
}

#[test]
fn a_flow_without_an_api_says_that_it_is_not_reported() {
    let project = StandIn::new("echo 'a line of dbt'\n");
    let lines = logged(
        project.path(),
        PrefectDbtRunner::builder().without_prefect(),
    );
    let start = "WARN prefect_dbt::run: this run is not reported: ";
    assert!(
        has(&lines, start, "no Prefect API is configured"),
        "{lines:#?}"
    );
}
