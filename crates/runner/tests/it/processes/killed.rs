//! Signals that reach more processes than ours, as a service manager sends them, and runs that are killed.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::stand_in::StandIn;

/// The children of a process.
pub(super) fn children(of: Pid) -> Vec<Pid> {
    let of = of.as_raw_nonzero();
    let tasks = std::fs::read_dir(format!("/proc/{of}/task")).expect("its threads");
    let of_thread = |thread: &Path| std::fs::read_to_string(thread.join("children"));
    let ids = tasks.filter_map(|task| of_thread(&task.ok()?.path()).ok());
    let ids: Vec<String> = ids.collect();
    let ids = ids.iter().flat_map(|ids| ids.split_whitespace());
    ids.map(|id| Pid::from_raw(id.parse().expect("an id")).expect("an id"))
        .collect()
}

/// Waits until a process has ended, whether its parent has noticed or not.
pub(super) fn wait_until_gone(process: Pid) {
    let patience = Instant::now() + Duration::from_secs(20);
    let command = format!("/proc/{}/cmdline", process.as_raw_nonzero());
    while std::fs::read(&command).is_ok_and(|command| !command.is_empty()) {
        assert!(Instant::now() < patience, "it is still there");
        std::thread::yield_now();
    }
}

/// Waits until a process ignores these signals: a shell that has just started does not yet.
fn wait_until_ignored(process: Pid, signals: &[Signal]) {
    let patience = Instant::now() + Duration::from_secs(20);
    let status = format!("/proc/{}/status", process.as_raw_nonzero());
    let ignores = |ignored: u64, signal: &Signal| ignored & (1 << (signal.as_raw() - 1)) != 0;
    loop {
        let status = std::fs::read_to_string(&status).expect("it runs");
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = u64::from_str_radix(ignored.expect("a mask").trim(), 16).expect("a mask");
        if signals.iter().all(|signal| ignores(ignored, signal)) {
            return;
        }
        assert!(Instant::now() < patience, "it does not ignore {signals:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_termination_of_every_process_is_one_of_the_run() {
    // dbt itself, and a wrapper that ends as shells do.
    for (script, wraps) in [
        ("echo $$ > started\nexec sleep 1000\n", false),
        (
            "sh -c 'echo $$ > started; exec sleep 1000'\nexit $?\n",
            true,
        ),
    ] {
        let project = StandIn::new(script);
        let started = project.pipe("started");
        let run = project.start(&[], &["build"]);
        let dbt = started.read_pid();
        kill_process(dbt, Signal::TERM).expect("it runs");
        wait_until_gone(dbt);
        run.signal(Signal::TERM);
        assert_eq!(run.exit_code(), Some(143), "wraps: {wraps}");
    }
}

#[test]
fn a_termination_of_dbt_alone_is_not_one_of_the_run() {
    let project = StandIn::new("kill -TERM $$\n");
    assert_eq!(project.start(&[], &["build"]).exit_code(), Some(2));
}

#[test]
fn the_watchdog_survives_what_ends_a_run() {
    let script = "trap 'echo $$ > interrupted; exit 2' INT\necho $$ > started\nsleep 1000\n";
    let project = StandIn::new(script);
    let (started, interrupted) = (project.pipe("started"), project.pipe("interrupted"));
    let run = project.start(&[], &["build"]);
    let dbt = started.read_pid();
    let others = children(run.pid());
    let watchdogs: Vec<_> = others.into_iter().filter(|child| *child != dbt).collect();
    assert_eq!(watchdogs.len(), 1);
    let signals = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT];
    wait_until_ignored(watchdogs[0], &signals);
    for signal in signals {
        kill_process(watchdogs[0], signal).expect("it runs");
    }
    run.signal(Signal::KILL);
    assert_eq!(interrupted.read_pid(), dbt);
    assert_eq!(run.exit_code(), None);
}

#[test]
fn the_lock_of_a_killed_run_lives_as_long_as_its_dbt() {
    let script = "echo run >> runs\ntrap 'cat go_on > /dev/null; exit 2' INT\necho $$ > started\nsleep 1000\n";
    let project = StandIn::new(script);
    let (started, go_on) = (project.pipe("started"), project.pipe("go_on"));
    let killed = project.start(&[], &["build"]);
    started.read_pid();
    killed.signal(Signal::KILL);
    assert_eq!(killed.exit_code(), None);

    let waits = project.start(&["--timeout", "1"], &["build"]);
    assert_eq!(waits.exit_code(), Some(1));
    let runs = std::fs::read_to_string(project.path().join("runs")).expect("runs");
    assert_eq!(runs, "run\n", "two runs in one target folder");

    go_on.write("end");
    let next = project.start(&[], &["build"]);
    started.read_pid();
    next.signal(Signal::INT);
    go_on.write("end");
    assert_eq!(next.exit_code(), Some(130));
}
