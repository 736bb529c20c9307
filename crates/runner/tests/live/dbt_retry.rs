//! Cases in which `dbt retry` alone is wrong and our retry is right. Each test shows both.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt as _;

use super::project::Finished;
use super::workshop::{BASE, BELOW, FLAKY, MEND, Workshop};

const NOTHING: &str = "Nothing to do";

/// A run that fails before it runs a node leaves the results of the run before it, all of them good; and the retry that
/// finds nothing to do in them leaves none at all.
#[test]
fn a_parse_error_is_retried_in_full() {
    let workshop = Workshop::new();
    workshop.mend();
    workshop.dbt(&["build"]).exits_with(0);
    workshop.write("models/broken.sql", "select * from {{ ref('nowhere') }}");
    workshop.dbt(&["build"]).exits_with(2);
    workshop.remove("models/broken.sql");
    let retry = workshop.dbt(&["retry"]);
    assert!(
        retry.exits_with(0).stdout.contains(NOTHING),
        "dbt retry exits 0 although nothing was built"
    );
    workshop.dbt(&["retry"]).exits_with(2);

    // The user's own retry through us fails, and says what to do.
    workshop.dbt(&["build"]).exits_with(0);
    workshop.write("models/broken.sql", "select * from {{ ref('nowhere') }}");
    workshop.invoke_alone(&["build"]).exits_with(2);
    workshop.remove("models/broken.sql");
    workshop
        .invoke_alone(&["retry"])
        .exits_with(1)
        .says("dbt retry ran no node of the last run here (`build`), which failed")
        .says("prefect-dbt invoke -- build");

    // A second attempt runs everything, and so does the third.
    workshop.write("models/broken.sql", "select * from {{ ref('nowhere') }}");
    let mend_at_second = "if [ -e once ]; then rm -f models/broken.sql; fi; touch once";
    workshop
        .invoke(
            &["--retries", "2", "--on-run-end", mend_at_second],
            &["build"],
        )
        .exits_with(0)
        .says("Attempt 2: the whole command, because dbt failed before it ran a node")
        .says("Attempt 3: the whole command, because");
    workshop.built(&[BASE, FLAKY, BELOW]);
}

/// Other commands of dbt's replace the results in the target folder: one that selects nothing, and `compile`.
#[test]
fn dbt_retry_ignores_commands_that_ran_in_between() {
    let workshop = Workshop::new();
    workshop.invoke_alone(&["build"]).exits_with(1);
    workshop.mend();
    workshop
        .dbt(&["run", "--select", "nothing_at_all"])
        .exits_with(0);
    let retry = workshop.dbt(&["retry"]);
    assert_ne!(retry.code, Some(1));
    workshop.dbt(&["compile"]).exits_with(0);
    let retry = workshop.dbt(&["retry"]);
    retry.exits_with(0);
    assert!(
        !workshop
            .path()
            .join("target/run/workshop/models/below.sql")
            .exists()
    );

    workshop
        .invoke_alone(&["retry"])
        .exits_with(0)
        .says("dbt retry runs the 2 nodes that did not succeed in the last run here (`build`)");
    workshop.built(&[FLAKY, BELOW]);
}

/// The results of a stopped run lack the nodes that were running.
#[test]
fn a_stopped_run_is_retried_with_its_open_nodes() {
    const ENDLESS: &str = "select sum(hash(a.range + b.range)) as id \
        from range(10000000) as a, range(10000000) as b \
        where not exists (select 1 from glob('mended*'))\n";
    let workshop = Workshop::new();
    workshop.write("models/flaky.sql", ENDLESS);
    let mut command = workshop.dbt_command(&["build"]);
    let mut dbt = command
        .process_group(0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(dbt.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        // By then the query of the other thread is at work, and can be cancelled.
        if line.contains("OK created sql table model main.base") {
            kill_process_group(Pid::from_child(&dbt), Signal::INT).unwrap();
        }
    }
    dbt.wait().unwrap();
    workshop.mend();
    workshop.dbt(&["retry"]);
    assert!(
        !workshop.results().iter().any(|(id, _)| id == FLAKY),
        "dbt retry has found the running node"
    );

    retry_after_timeout(&workshop)
        .exits_with(0)
        .says("Attempt 2: dbt retry of 2 nodes that did not succeed");
    let results = workshop.results();
    for model in [FLAKY, BELOW] {
        let built = (model.to_owned(), "success".to_owned());
        assert!(results.contains(&built), "{model} is not in {results:?}");
    }
}

/// A run whose first attempt exceeds its timeout while the endless model runs.
fn retry_after_timeout(workshop: &Workshop) -> Finished {
    // On a busy machine, dbt takes longer to come to that model.
    for timeout in ["15", "60", "240"] {
        workshop.remove("mended.csv");
        let options = ["--retries", "1", "--timeout", timeout, "--on-run-end", MEND];
        let finished = workshop.invoke(&options, &["build"]);
        let (first, _) = finished.stderr.split_once("Attempt 2").unwrap();
        if first.contains("START sql table model main.flaky") {
            return finished;
        }
    }
    panic!("dbt did not come to the endless model");
}

/// `dbt retry` forgets where the state for deferral was.
#[test]
fn a_deferred_run_is_retried_with_its_state() {
    let workshop = Workshop::new();
    workshop
        .dbt(&[
            "run",
            "--target",
            "prod",
            "--select",
            "base",
            "--target-path",
            "prod",
        ])
        .exits_with(0);
    let deferred = [
        "run",
        "--select",
        "flaky",
        "--defer",
        "--defer-state",
        "prod",
    ];
    workshop.dbt(&deferred).exits_with(1);
    workshop.mend();
    let retry = workshop.dbt(&["retry"]);
    assert_ne!(retry.code, Some(0), "dbt retry has found the state");

    workshop.remove("mended.csv");
    workshop
        .invoke(&["--retries", "1", "--on-run-end", MEND], &deferred)
        .exits_with(0)
        .says("Attempt 2: dbt retry of 1 node that did not succeed");
    workshop.built(&[FLAKY]);
}

/// Only their owner can read the attempt records, and they hold neither code nor messages.
#[test]
fn attempt_records_hold_no_secret() {
    use std::os::unix::fs::PermissionsExt as _;

    let workshop = Workshop::new();
    workshop.invoke_alone(&["build"]).exits_with(1);
    let records = workshop.records();
    let kept: Vec<_> = records
        .iter()
        .filter(|path| path.to_string_lossy().contains("/attempts/"))
        .collect();
    assert!(!kept.is_empty());
    for path in kept {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
        let text = std::fs::read_to_string(path).unwrap();
        assert!(!text.contains("mended.csv"), "{text}");
    }
}
