//! Runs that are stopped while they wait, or that wait while the API is not reachable.

use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use prefect_client::StateType;
use rustix::process::{Signal, kill_process};

use super::database_lock::{holder, unique};
use super::engine_mode::Waiting;
use super::environment::TestEnvironment;
use super::history::history;
use super::interrupts::{ENDLESS, Stuck, endless_project};
use super::project::Finished;
use super::proxy::{Fate, Proxy};
use super::workshop::{MEND, Workshop};

/// A workshop behind a proxy, whose run has failed and is going to be repeated.
struct Repeated {
    workshop: Workshop,
    proxy: Proxy,
    run: Stuck,
}

impl Repeated {
    /// `patience` is how long it waits for the API after dbt's end, in seconds.
    fn after(delay: &str, patience: &str) -> Self {
        let workshop = Workshop::new();
        let proxy = Proxy::before(&TestEnvironment::from_env().api, |_| Fate::Pass);
        let options = [
            ["--retries", "1"],
            ["--retry-delay", delay],
            ["--on-run-end", MEND],
            ["--delivery-timeout", patience],
        ];
        let mut command = workshop.invocation(&options.concat(), &["build"]);
        command.env("PREFECT_API_URL", &proxy.url);
        let run = Stuck::start_until("attempt 2 starts in", &mut command);
        Self {
            workshop,
            proxy,
            run,
        }
    }

    /// Delivers the journals of the run.
    fn replay(workshop: &Workshop) {
        let mut replay = workshop.program();
        Finished::of(replay.args(["replay", "."])).exits_with(0);
        let left = workshop.records();
        let left = left
            .iter()
            .filter(|path| path.extension().is_some_and(|found| found == "jsonl"));
        assert_eq!(left.count(), 0, "a delivered journal is not deleted");
    }
}

#[test]
fn a_run_stopped_while_it_waits_in_an_outage_is_replayed() {
    let Repeated {
        workshop,
        proxy,
        run,
    } = Repeated::after("3600", "3");
    let recorded = workshop.recorded(3);
    assert_eq!(recorded.flow_state().name, "AwaitingRetry");
    proxy.set(|_| Fate::Cut);
    kill_process(run.pid(), Signal::TERM).unwrap();
    run.finish()
        .exits_with(143)
        .says("cannot report that the run was stopped");
    Repeated::replay(&workshop);
    let states = history(&TestEnvironment::from_env().api, recorded.flow_run.id);
    let ends: Vec<_> = states
        .iter()
        .filter(|(kind, _)| kind.is_terminal())
        .collect();
    assert_eq!(ends, [&(StateType::Crashed, "Crashed".to_owned())]);
    let recorded = workshop.recorded(3);
    assert_eq!(recorded.flow_run.run_count, 1);
    assert_eq!(recorded.task_runs.len(), 3);
}

#[test]
fn a_retry_starts_while_the_api_is_unreachable() {
    for (is_back_in_time, patience) in [(true, "60"), (false, "3")] {
        let Repeated {
            workshop,
            proxy,
            mut run,
        } = Repeated::after("2", patience);
        proxy.set(|_| Fate::Cut);
        run.go_on_until("Attempt 2: dbt retry of 2 nodes that did not succeed");
        if is_back_in_time {
            proxy.set(|_| Fate::Pass);
            run.finish().exits_with(0);
        } else {
            run.finish().exits_with(0).says("prefect-dbt replay");
            Repeated::replay(&workshop);
        }
        let recorded = workshop.recorded(5);
        assert_eq!(recorded.flow_state().kind, StateType::Completed);
        assert_eq!(recorded.flow_run.run_count, 2);
        assert_eq!(recorded.task_runs.len(), 5);
    }
}

type End = fn(&Waiting, &Stuck);

/// Ends of a wait: what ends it, the exit code, and the flow run's only end.
fn ends() -> [(End, i32, StateType); 3] {
    fn signal(run: &Stuck, signal: Signal) {
        kill_process(run.pid(), signal).unwrap();
    }
    [
        (
            |waiting, _| waiting.set(StateType::Cancelling),
            130,
            StateType::Cancelled,
        ),
        (|_, run| signal(run, Signal::INT), 130, StateType::Cancelled),
        (|_, run| signal(run, Signal::TERM), 143, StateType::Crashed),
    ]
}

/// Ends a run that waits, each time another one, and sees that it never began. `wait` gives the run, and the one that it
/// waits for.
fn end_each(mut wait: impl FnMut(&Waiting, &mut Command) -> (Stuck, Option<Stuck>)) {
    for (end, code, kind) in ends() {
        let waiting = Waiting::new();
        let (run, other) = wait(&waiting, &mut waiting.engine());
        end(&waiting, &run);
        let finished = run.finish();
        if let Some(other) = other {
            kill_process(other.pid(), Signal::INT).unwrap();
            other.finish().exits_with(130);
        }
        finished
            .exits_with(code)
            .says("the run ends before dbt starts");
        assert!(!finished.stderr.contains("Running with dbt"));
        let states = waiting.history();
        let running = states.iter().any(|(kind, _)| *kind == StateType::Running);
        assert!(!running, "{states:?}");
        let ends = states.iter().filter(|(kind, _)| kind.is_terminal());
        let ends: Vec<_> = ends.map(|(kind, _)| *kind).collect();
        assert_eq!(ends, [kind], "{states:?}");
    }
}

#[test]
fn a_run_that_waits_for_the_target_lock_can_be_stopped() {
    end_each(|waiting, command| {
        let other = Stuck::start_as(&mut waiting.project.invocation(&["--no-prefect"], &ENDLESS));
        let run = Stuck::start_until(", which process", command);
        (run, Some(other))
    });
}

#[test]
fn a_run_that_waits_for_the_database_lock_can_be_stopped() {
    let projects = [(); 3].map(|()| endless_project());
    let mut projects = projects.iter();
    end_each(|_, command| {
        let (project, name) = (projects.next().unwrap(), unique());
        let other = holder(project, &name);
        let command = command.env("PREFECT_DBT_LOCK", &name);
        let run = Stuck::start_until("waiting for the database lock", command);
        (run, Some(other))
    });
}

#[test]
fn a_run_that_waits_in_an_attached_flow_run_ends_with_it() {
    let waiting = Waiting::new();
    waiting.set(StateType::Running);
    let mut other = waiting.project.invocation(&["--no-prefect"], &ENDLESS);
    let other = Stuck::start_as(&mut other);
    let mut command = waiting.project.program();
    let id = waiting.id.to_string();
    command.args(["invoke", "--flow-run-id", &id, "--"]);
    let run = Stuck::start_until(", which process", command.args(ENDLESS));
    waiting.set(StateType::Cancelling);
    run.finish()
        .exits_with(130)
        .says("the run ends before dbt starts");
    kill_process(other.pid(), Signal::INT).unwrap();
    other.finish().exits_with(130);
    let (last, _) = waiting.history().pop().unwrap();
    assert_eq!(last, StateType::Cancelling);
}

#[test]
fn a_run_that_waits_for_a_concurrency_slot_can_be_stopped() {
    end_each(|waiting, command| {
        waiting.schedule(Timestamp::now() + SignedDuration::from_hours(1));
        let proxy = Proxy::before(&waiting.project.environment.api, |_| Fate::Pass);
        let answers = proxy.answers();
        let run = Stuck::spawn(command.env("PREFECT_API_URL", &proxy.url));
        let has_asked = answers
            .iter()
            .any(|request| request.ends_with("/set_state"));
        assert!(has_asked, "it did not ask the server");
        (run, None)
    });
}
