//! Hooks that do not return.

use rustix::process::Signal;

use super::killed::wait_until_gone;
use super::signals::RUNS_ON;
use super::stand_in::StandIn;

/// A hook that says its id and does not return.
const HANGS: [&str; 2] = ["--on-run-end", "=echo $$ > hook; sleep 1000; true"];

#[test]
fn a_hook_that_hangs_is_killed_after_a_stop() {
    let project = StandIn::new(RUNS_ON);
    let (started, hook) = (project.pipe("started"), project.pipe("hook"));
    let run = project.start(&HANGS, &["build"]);
    started.read_pid();
    run.signal(Signal::INT);
    let hook = hook.read_pid();
    assert_eq!(run.exit_code(), Some(130));
    wait_until_gone(hook);
}

#[test]
fn a_stop_while_a_hook_hangs_kills_the_hook() {
    let project = StandIn::new("exit 1\n");
    let hook = project.pipe("hook");
    let run = project.start(&HANGS, &["build"]);
    let hook = hook.read_pid();
    run.signal(Signal::INT);
    // A dbt that writes no event could not run.
    assert_eq!(run.exit_code(), Some(2));
    wait_until_gone(hook);
}

#[test]
fn a_hook_that_ends_by_itself_is_awaited_after_a_stop() {
    let project = StandIn::new(RUNS_ON);
    let (started, hook) = (project.pipe("started"), project.pipe("hook"));
    let run = project.start(&["--on-run-end", "=echo $$ > hook; exit 0"], &["build"]);
    started.read_pid();
    run.signal(Signal::TERM);
    let hook = hook.read_pid();
    assert_eq!(run.exit_code(), Some(143));
    wait_until_gone(hook);
}
