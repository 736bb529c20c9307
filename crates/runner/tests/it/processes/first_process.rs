//! The program as the first process of a container (PID 1).

use std::io::Write as _;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::killed::children;
use super::signals::RUNS_ON;
use super::stand_in::{Run, StandIn};

/// Leaves a process behind that ends, and succeeds once it is reaped.
const LEAVES_AN_ORPHAN: &str = r"
(sh -c 'exit 0' & echo $! > orphan)
tries=0
while [ -e /proc/$(cat orphan) ]; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || exit 1
  sleep 0.1
done
";

/// The command as the first process of namespaces of its own. `None`, with a line that says so, where this user or this
/// system cannot make them.
fn as_first_process(command: &Command) -> Option<Run> {
    let unshared = || {
        let mut unshare = Command::new("unshare");
        // A test that fails leaves no process.
        unshare.args(["--pid", "--fork", "--mount-proc", "--kill-child"]);
        unshare
    };
    let probe = unshared().arg("true").output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        let why =
            "skipped: `unshare --pid --fork --mount-proc` fails here; it needs root and Linux";
        let _ = writeln!(std::io::stderr(), "{why}");
        return None;
    }
    let mut first = unshared();
    first.arg(command.get_program()).args(command.get_args());
    first.current_dir(command.get_current_dir().expect("the project"));
    first.env_clear();
    first.envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    first
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Some(Run::of(&mut first))
}

#[test]
fn orphans_are_reaped() {
    let project = StandIn::new(LEAVES_AN_ORPHAN);
    if let Some(run) = as_first_process(&project.invocation(&[], &["build"])) {
        assert_eq!(run.exit_code(), Some(0));
    }
}

#[test]
fn signals_for_the_container_stop_the_run_once() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        // A second interrupt would end it at once.
        let script = RUNS_ON.replace("exit 2", "trap \"exit 9\" INT; sleep 1; exit 2");
        let project = StandIn::new(&script);
        let started = project.pipe("started");
        let Some(run) = as_first_process(&project.invocation(&[], &["build"])) else {
            return;
        };
        started.read();
        let [first] = children(run.pid())[..] else {
            panic!("unshare has one child");
        };
        rustix::process::kill_process(first, signal).expect("it runs");
        assert_eq!(run.exit_code(), Some(code), "{signal:?}");
    }
}
