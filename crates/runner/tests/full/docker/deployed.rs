//! Deployments on a docker work pool.

use serde_json::json;

use super::shop::{BASE, BELOW, BROKEN, SLOW};
use super::worker::DockerWorker;

/// One worker runs them all, side by side.
#[test]
fn a_docker_worker_runs_flow_runs() {
    let worker = DockerWorker::start();
    let deployment = worker.deploy("nightly", &["--retries", "1"]);
    let endless = json!({ "vars": { "slow": 3600 } });
    let good = worker.run(deployment, &json!({}));
    let few = worker.run(deployment, &json!({ "select": ["base"] }));
    let failing = worker.run(deployment, &json!({ "vars": { "broken": true } }));
    let cancelled = worker.run(deployment, &endless);
    let stopped = worker.run(deployment, &endless);

    let container = good.container();
    good.ends("Completed");
    assert_eq!((container.wait(), good.state().1), (0, 1));
    assert_eq!(good.nodes().len(), 5);
    good.has_nodes(&[
        (BASE, "Completed"),
        (BELOW, "Completed"),
        (SLOW, "Completed"),
    ]);

    let container = few.container();
    few.ends("Completed");
    assert_eq!(container.wait(), 0);
    assert_eq!(few.nodes().into_keys().collect::<Vec<_>>(), [BASE]);

    let container = failing.container();
    failing.ends("Failed");
    assert_eq!((container.wait(), failing.state().1), (1, 2));
    failing.has_nodes(&[(BASE, "Completed"), (BROKEN, "Failed"), (BELOW, "Skipped")]);

    let container = cancelled.container();
    cancelled.wait_for_node(SLOW);
    cancelled.cancel();
    cancelled.ends("Cancelled");
    assert_eq!(container.wait(), 130, "{}", container.log());
    cancelled.has_nodes(&[(BASE, "Completed"), (SLOW, "Cancelled")]);

    let container = stopped.container();
    stopped.wait_for_node(SLOW);
    container.suffers("stop");
    stopped.ends("Crashed");
    assert_eq!(container.wait(), 143, "{}", container.log());
    stopped.has_nodes(&[(BASE, "Completed"), (SLOW, "Cancelled")]);
    for run in [&good, &few, &failing, &cancelled, &stopped] {
        run.has_no_open_nodes();
    }
}
