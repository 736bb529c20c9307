//! What becomes of flow runs whose container, worker or API goes away.

use serde_json::json;

use super::container::Volume;
use super::gate::Gate;
use super::shop::{BASE, SLOW};
use super::worker::DockerWorker;

/// A sweep closes what is left open: the task runs of one whose worker lives, and all of one whose worker is dead, too.
#[test]
fn a_sweep_closes_what_killed_containers_leave() {
    let mut worker = DockerWorker::start();
    let deployment = worker.deploy("endless", &[]);
    let endless = json!({ "vars": { "slow": 3600 } });
    let killed = worker.run(deployment, &endless);
    let container = killed.container();
    killed.wait_for_node(SLOW);
    container.suffers("kill");
    killed.ends("Crashed");
    assert_eq!(container.wait(), 137);
    let left = [(BASE, "Completed"), (SLOW, "Running")];
    killed.has_nodes(&left);
    let killed = killed.id();

    let forgotten = worker.run(deployment, &endless);
    let container = forgotten.container();
    forgotten.wait_for_node(SLOW);
    let forgotten = forgotten.id();
    worker.kill();
    container.suffers("kill");
    let forgotten = worker.flow_run(forgotten);
    assert_eq!(forgotten.state().0, "Running");
    forgotten.has_nodes(&left);

    // Nothing is older than the default.
    assert_eq!(worker.sweep(&[]), "nothing is dead\n");
    // What the server has not recorded yet is a sign of life for the first of them.
    forgotten.wait_until("a sweep", || {
        worker.sweep(&["--older-than", "0s"]);
        forgotten.state().0 == "Crashed"
    });
    let closed = [(BASE, "Completed"), (SLOW, "Crashed")];
    for run in [worker.flow_run(killed), forgotten] {
        assert_eq!(run.state().0, "Crashed");
        run.has_nodes(&closed);
        run.has_no_open_nodes();
    }
}

#[test]
fn a_container_outlives_outages_and_pauses() {
    let worker = DockerWorker::start();
    let gate = Gate::before(&worker.pool.api);
    let api = format!("PREFECT_API_URL={}", gate.url);
    let deployment = worker.deploy("cut-off", &["--env", &api]);
    // Longer than what happens to it meanwhile.
    let slow = json!({ "vars": { "slow": 30 } });

    gate.shut();
    let late = worker.run(deployment, &json!({}));
    let container = late.container();
    container.wait_for_line("before dbt starts");
    assert!(!container.log().contains("Running with dbt"));
    gate.open();
    late.ends("Completed");
    assert_eq!(container.wait(), 0, "{}", container.log());

    let cut = worker.run(deployment, &slow);
    let container = cut.container();
    cut.wait_for_state("Running");
    gate.shut();
    container.wait_for_line("Done. PASS=5");
    assert_eq!(cut.state().0, "Running");
    gate.open();
    cut.ends("Completed");
    assert_eq!(container.wait(), 0, "{}", container.log());
    cut.has_no_open_nodes();
    assert_eq!(cut.nodes().len(), 5);

    let paused = worker.run(deployment, &slow);
    let container = paused.container();
    paused.wait_for_state("Running");
    container.suffers("pause");
    assert_eq!(worker.sweep(&[]), "nothing is dead\n");
    assert_eq!(paused.state().0, "Running");
    container.suffers("unpause");
    paused.ends("Completed");
    assert_eq!(container.wait(), 0, "{}", container.log());
    paused.has_no_open_nodes();
}

/// What a container could not deliver, one that starts later with the same volume does.
#[test]
fn a_volume_keeps_what_was_not_delivered() {
    let worker = DockerWorker::start();
    let gate = Gate::before(&worker.pool.api);
    let volume = Volume::new();
    let mount = format!("volumes=[\"{}\"]", volume.at("/records"));
    let api = format!("PREFECT_API_URL={}", gate.url);
    let options = [
        "--env",
        &api,
        "--job-variable",
        &mount,
        "--invoke-options",
        "--journal-dir /records --delivery-timeout 5",
    ];
    let deployment = worker.deploy("with-a-volume", &options);
    let lost = worker.run(deployment, &json!({ "vars": { "slow": 30 } }));
    let container = lost.container();
    lost.wait_for_node(SLOW);
    gate.shut();
    assert_eq!(container.wait(), 3, "{}", container.log());
    // The worker sees the exit code.
    lost.ends("Crashed");
    lost.has_nodes(&[(SLOW, "Running")]);
    gate.open();

    let next = worker.run(deployment, &json!({ "select": ["base"] }));
    let container = next.container();
    next.ends("Completed");
    assert_eq!(container.wait(), 0, "{}", container.log());
    lost.has_no_open_nodes();
    assert_eq!(lost.nodes().len(), 5);
    lost.has_nodes(&[(BASE, "Completed"), (SLOW, "Completed")]);
    assert_eq!(lost.state().0, "Crashed");
}
