//! Runs at the same time.

use std::process::Stdio;

use prefect_dbt::{PrefectDbtRunner, PrefectDbtSettings};
use tokio::runtime::Builder;

use super::project::Finished;
use super::workshop::{BASE, BELOW, FLAKY, Workshop};

/// Two of them in one target folder would overwrite each other's artifacts.
#[test]
fn two_runs_in_one_target_folder_run_one_after_the_other() {
    let workshop = Workshop::new();
    workshop.mend();
    let runs = [(); 2].map(|()| {
        workshop
            .program()
            .args(["invoke", "--no-prefect", "--", "build"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
    let runs = runs.map(|run| Finished::from(run.wait_with_output().unwrap()));
    let waited = runs.iter().filter(|run| {
        let run = run.exits_with(0);
        run.stderr.contains("target, which process")
    });
    assert_eq!(waited.count(), 1, "{}\n{}", runs[0].stderr, runs[1].stderr);
    workshop.built(&[BASE, FLAKY, BELOW]);
}

/// Each has its own environment for dbt, and its own attempt record.
#[test]
fn two_projects_run_side_by_side_in_one_process() {
    let (good, bad) = (Workshop::new(), Workshop::new());
    good.write("models/flaky.sql", "select * from {{ ref('base') }}\n");
    let run = async |workshop: &Workshop| {
        workshop.place_database();
        let runner = PrefectDbtRunner::builder()
            .without_prefect()
            .dbt(workshop.executable())
            .settings(PrefectDbtSettings::default().with_project_dir(workshop.path()))
            .raise_on_failure(false)
            .build()
            .unwrap();
        let profiles = workshop.path().to_string_lossy().into_owned();
        let build = prefect_dbt::Invocation::new(["build"]).option("profiles_dir", profiles);
        runner.invoke(build).await.unwrap()
    };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = runtime.block_on(async { tokio::join!(run(&good), run(&bad)) });
    assert!(first.success, "{:?}", first.failure);
    assert!(!second.success);
    good.built(&[BASE, FLAKY, BELOW]);
    let statuses: Vec<_> = second
        .run
        .results()
        .map(|node| (node.unique_id.as_str(), node.status.as_str()))
        .collect();
    assert_eq!(
        statuses,
        [(BASE, "success"), (FLAKY, "error"), (BELOW, "skipped")]
    );
    let listed = second.run_results.unwrap().results;
    assert_eq!(listed.len(), 3);
}
