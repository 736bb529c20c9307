//! Networks and servers that fail: in the end the server has the same record as after a run without faults, and our exit
//! code is dbt's.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Signal, kill_process};
use uuid::Uuid;

use super::environment::TestEnvironment;
use super::fault_plans::{End, ORCHESTRATION, OUTAGES, Plan, TELLING};
use super::interrupts::Stuck;
use super::project::Finished;
use super::proxy::{Fate, Proxy};
use super::record::Record;
use super::stand_in::{StandIn, a_minute_ago};
use super::victim::wait_until;

/// A recorded run: its name, dbt's exit code, its nodes and its asset events.
type Run = (&'static str, i32, usize, usize);

const RUNS: [Run; 2] = [("good", 0, 19, 15), ("model_fails", 1, 19, 11)];
/// Longer than a batch waits for more events: each half is sent on its own.
const PAUSE: Duration = Duration::from_millis(900);
/// How many plans run at a time.
const AT_ONCE: usize = 3;

#[test]
fn faults_in_orchestration_lose_nothing() {
    carry_out(ORCHESTRATION);
}

#[test]
fn faults_in_sending_lose_nothing() {
    carry_out(TELLING);
}

#[test]
fn outages_lose_nothing() {
    carry_out(OUTAGES);
}

/// Carries plans out, each with one of the recorded runs.
fn carry_out(plans: &'static [Plan]) {
    let api = TestEnvironment::from_env().api;
    let began = a_minute_ago();
    let expected = RUNS.map(|run| undisturbed(&api, run, began));
    let next = AtomicUsize::new(0);
    let failures = std::thread::scope(|scope| {
        let worker = || {
            let mut failures = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(plan) = plans.get(index) else {
                    return failures;
                };
                let kind = index % RUNS.len();
                let disturbed = Disturbed {
                    api: &api,
                    plan,
                    run: RUNS[kind],
                    began,
                    expected: &expected[kind],
                };
                if let Err(problem) = disturbed.carry_out() {
                    failures.push(format!("{}: {problem}", plan.name));
                }
            }
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("problems are values"))
            .collect::<Vec<_>>()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The record of the run without faults.
fn undisturbed(api: &str, (run, code, nodes, assets): Run, began: Timestamp) -> Record {
    let project = StandIn::recorded(run, began, code, Duration::ZERO);
    let name = format!("undisturbed-{}", Uuid::now_v7());
    Finished::of(&mut project.build(api, &name, &[])).exits_with(code);
    Record::of_whole_run(&name, began, nodes, assets)
}

/// Runs the command, which would wait for the API for minutes after dbt's end, and ends that once a request was disturbed.
fn hurry_once_struck(command: &mut Command, name: &str, struck: &AtomicUsize) -> Finished {
    // The last line of the run: dbt has ended.
    let last = format!("Flow run '{name}' - Finished in state");
    let run = Stuck::start_until(&last, command);
    wait_until("a disturbed request", || struck.load(Ordering::Relaxed) > 0);
    kill_process(run.pid(), Signal::INT).unwrap();
    run.finish()
}

/// A run under a plan.
struct Disturbed<'a> {
    api: &'a str,
    plan: &'a Plan,
    run: Run,
    began: Timestamp,
    expected: &'a Record,
}

impl Disturbed<'_> {
    fn carry_out(&self) -> Result<(), String> {
        let (run, code, ..) = self.run;
        let project = StandIn::recorded(run, self.began, code, PAUSE);
        let struck = Arc::new(AtomicUsize::new(0));
        let mut judge = (self.plan.judge)(project.half());
        let strikes = Arc::clone(&struck);
        let proxy = Proxy::before(self.api, move |request| {
            let fate = judge(request);
            strikes.fetch_add(usize::from(fate != Fate::Pass), Ordering::Relaxed);
            fate
        });
        let name = format!("faults-{}", Uuid::now_v7());
        let finished = match self.plan.end {
            End::Whole => Finished::of(&mut project.build(&proxy.url, &name, &[])),
            End::Unseen | End::Replayed => {
                let options = ["--verify-timeout", "1", "--delivery-timeout", "600"];
                hurry_once_struck(
                    &mut project.build(&proxy.url, &name, &options),
                    &name,
                    &struck,
                )
            }
        };
        proxy.set(|_| Fate::Pass);
        let failed = |problem: &str| Err(format!("{problem}; stderr:\n{}", finished.stderr));
        if finished.code != Some(code) {
            return failed(&format!("exit code {:?}", finished.code));
        }
        if struck.load(Ordering::Relaxed) == 0 {
            return failed("nothing was disturbed");
        }
        let kept = project.journals();
        match self.plan.end {
            End::Whole if !kept.is_empty() => return failed("a journal was kept"),
            End::Unseen | End::Replayed if kept.is_empty() => return failed("no journal was kept"),
            _ => {}
        }
        if self.plan.end != End::Whole {
            let mut replay = project.program(&proxy.url);
            let replay = Finished::of(replay.arg("replay").arg(&kept[0]));
            if replay.code != Some(0) || !project.journals().is_empty() {
                return failed(&format!("not replayed:\n{}\nin the run", replay.stderr));
            }
        }
        let record = Record::wait_for(&name, self.began, self.expected);
        if record != *self.expected {
            return failed(&record.difference(self.expected));
        }
        Ok(())
    }
}
