//! A Prefect API that cannot be reached.

use super::stand_in::{Run, StandIn};

#[test]
fn a_run_that_is_not_delivered_does_not_wait_for_the_delivery_of_earlier_ones() {
    let project = StandIn::new("exit 0\n");
    // Much longer than the patience of these tests.
    let mut command = project.reported(&["--quiet", "--verify-timeout", "600"], &["build"]);
    let run = Run::of(command.env("PREFECT_API_URL", "http://127.0.0.1:1/api"));
    assert_eq!(run.exit_code(), Some(0));
}
