//! Several dbts of one process run in forks of one interpreter, which waits between them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use prefect_dbt::model::StateKind;
use prefect_dbt::{Flow, FlowContext, Launcher, PrefectDbtRunner, PrefectDbtSettings, RunError};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::runtime::Builder;

use crate::interrupts::Stuck;
use crate::project::Finished;
use crate::victim::wait_until;
use crate::workshop::Workshop;

/// A model that records its process, and the interpreter from which it was forked. It does what the file `order` says.
const RECORDING: &str = r#"
import os, signal, time

def model(dbt, session):
    dbt.config(materialized="table")
    parent = os.getppid()
    with open("/proc/%d/stat" % parent) as file:
        waiting = file.read().rpartition(")")[2].split()[1]
    with open("FOLDER/processes", "a") as file:
        file.write("%d %s\n" % (os.getpid(), waiting))
    order = open("FOLDER/order").read() if os.path.exists("FOLDER/order") else ""
    if order == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "orphan":
        os.kill(parent, signal.SIGKILL)
    if order in ("orphan", "hang"):
        time.sleep(600)
    return session.sql("select 1 as id")
"#;

/// A query that does not end by itself.
const ENDLESS: &str =
    "select sum(hash(a.range + b.range)) as id from range(10000000) as a, range(10000000) as b";

const SECRET: &str = "hunter2";

/// A project with the recording model.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    workshop.place_database();
    workshop.remove("models/base.sql");
    let folder = workshop.path().to_str().unwrap();
    workshop.write("models/base.py", &RECORDING.replace("FOLDER", folder));
    workshop
}

/// A run that calls a hook at its start, so that `dbt parse` runs before.
fn with_hook(workshop: &Workshop, hook: &str, args: &[&str]) -> Command {
    let options = ["--no-prefect", "--launcher", "auto", "--on-run-start", hook];
    workshop.invocation(&options, args)
}

/// The processes of dbt that ran the model, and their interpreters.
fn processes(workshop: &Workshop) -> Vec<(i32, i32)> {
    let text = fs::read_to_string(workshop.path().join("processes")).unwrap_or_default();
    let numbers = |line: &str| {
        let (dbt, waiting) = line.split_once(' ').unwrap();
        (dbt.parse().unwrap(), waiting.parse().unwrap())
    };
    text.lines().map(numbers).collect()
}

/// How the dbts of a project were started, by their journals.
fn starts(project: &Path) -> Vec<Value> {
    let folder = fs::read_dir(project.join(".prefect-dbt")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let mut journals: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    journals.sort();
    let start = |journal| {
        let text = fs::read_to_string(journal).unwrap();
        let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        header["header"]["start"].clone()
    };
    let starts = journals.into_iter().map(start);
    starts.filter(|start| !start.is_null()).collect()
}

/// Whether a process runs.
fn runs(process: i32) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = state.rsplit(')').next().unwrap_or_default();
    !state.is_empty() && !state.trim_start().starts_with('Z')
}

#[test]
fn invocations_of_a_flow_share_one_import_and_no_crash() {
    let workshop = workshop();
    let settings = PrefectDbtSettings::default()
        .with_project_dir(workshop.path())
        .with_profiles_dir(workshop.path());
    let runner = PrefectDbtRunner::builder()
        .settings(settings)
        .without_prefect()
        .launcher(Launcher::Auto)
        .dbt(workshop.executable())
        .build()
        .unwrap();
    let invoke = async |flow: &FlowContext, order: &str| {
        workshop.write("order", order);
        flow.invoke(["run", "--select", "base"]).await
    };
    let crash = |result: Result<_, RunError>| match result {
        Err(RunError::Failed(outcome)) => outcome.state.clone(),
        other => panic!("{other:?}"),
    };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let flow = Flow::new("shared").run_with(&runner, async |flow: FlowContext| {
        invoke(&flow, "").await?;
        let killed = crash(invoke(&flow, "die").await);
        assert_eq!(killed.kind, StateKind::Crashed, "{killed:?}");
        let lost = crash(invoke(&flow, "orphan").await);
        assert_eq!(lost.kind, StateKind::Crashed, "{lost:?}");
        invoke(&flow, "").await
    });
    runtime.block_on(flow).unwrap();
    assert_eq!(starts(workshop.path()), ["forked"; 4]);
    let (dbts, waiting): (BTreeSet<_>, BTreeSet<_>) = processes(&workshop).into_iter().unzip();
    assert_eq!((dbts.len(), waiting.len()), (4, 1));
    for process in dbts.into_iter().chain(waiting) {
        wait_until("the end of each process", || !runs(process));
    }
}

#[test]
fn signals_reach_a_forked_dbt_and_it_ends_with_us() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::KILL, 137)] {
        let workshop = workshop();
        // After the recording model.
        workshop.write(
            "models/flaky.sql",
            &format!("-- {{{{ ref('base') }}}}\n{ENDLESS}\n"),
        );
        let mut command = with_hook(&workshop, "true", &["run"]);
        let stuck = Stuck::start_until("START sql table model main.flaky", &mut command);
        kill_process(stuck.pid(), signal).unwrap();
        let finished = stuck.finish();
        if signal != Signal::KILL {
            finished.exits_with(code);
        }
        assert_eq!(starts(workshop.path()), ["forked"]);
        let (dbt, _) = processes(&workshop)[0];
        wait_until("the end of dbt", || !runs(dbt));
    }
}

/// How a run ends whose dbt gets SIGINT twice: the second one while it waits for the threads of its models, one of which does
/// not end. Also how dbt was started.
fn interrupted_twice(run: impl Fn(&Workshop) -> Command) -> (Finished, Value) {
    let workshop = workshop();
    workshop.write("order", "hang");
    let mut stuck = Stuck::spawn(&mut run(&workshop));
    wait_until("the model", || !processes(&workshop).is_empty());
    let (dbt, _) = processes(&workshop)[0];
    let interrupt = || kill_process(Pid::from_raw(dbt).unwrap(), Signal::INT).unwrap();
    interrupt();
    // The last that dbt writes before it waits; old adapters cancel nothing.
    stuck.go_on_until_one_of(&["CANCEL query", "does not support query cancellation"]);
    assert!(runs(dbt), "the first SIGINT has ended dbt");
    interrupt();
    let finished = stuck.finish();
    assert!(!runs(dbt));
    (finished, starts(workshop.path()).remove(0))
}

#[test]
fn a_second_interrupt_ends_a_forked_dbt_as_it_ends_one_that_starts_anew() {
    const ARGS: [&str; 3] = ["run", "--select", "base"];
    let (anew, start) = interrupted_twice(|workshop| {
        workshop.invocation(&["--no-prefect", "--launcher", "off"], &ARGS)
    });
    assert_ne!(start, "forked");
    let (forked, start) = interrupted_twice(|workshop| with_hook(workshop, "true", &ARGS));
    assert_eq!(start, "forked");
    assert_eq!(forked.code, anew.code, "{}", forked.stderr);
    for run in [anew, forked] {
        // What dbt says when its threads have ended.
        let is_complete = run.stderr.contains("Exited because of keyboard interrupt");
        assert!(!is_complete, "{}", run.stderr);
    }
}

/// A run whose hook at the start waits: dbt has read the project, and its interpreter waits.
struct Paused<'a> {
    workshop: &'a Workshop,
    program: Child,
    /// The interpreter.
    waiting: i32,
}

impl<'a> Paused<'a> {
    fn start(workshop: &'a Workshop) -> Self {
        let hook = "touch paused; while test -e paused && ! test -e go; do sleep 0.05; done";
        let vars = format!("{{password: {SECRET}}}");
        let args = ["run", "--select", "base", "--vars", &vars];
        let mut command = with_hook(workshop, hook, &args);
        let program = command
            .env("DBT_ENV_SECRET_PASSWORD", SECRET)
            .env("SHOP_PASSWORD", SECRET)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("the hook", || workshop.path().join("paused").exists());
        let waiting = interpreter_of(Pid::from_child(&program).as_raw_nonzero().get());
        Self {
            workshop,
            program,
            waiting,
        }
    }

    fn go_on(mut self) -> Option<i32> {
        self.workshop.write("go", "");
        self.program.wait().unwrap().code()
    }
}

/// The child of a process that is an interpreter.
fn interpreter_of(parent: i32) -> i32 {
    let children = format!("/proc/{parent}/task");
    let threads = fs::read_dir(children).unwrap();
    let children = threads.flat_map(|thread| {
        let children = thread.unwrap().path().join("children");
        let children = fs::read_to_string(children).unwrap();
        let children = children.split_whitespace();
        children.map(|id| id.parse().unwrap()).collect::<Vec<i32>>()
    });
    let is_interpreter = |id: &i32| command_line(*id).contains("/dev/fd/0");
    let found: Vec<i32> = children.filter(is_interpreter).collect();
    assert_eq!(found.len(), 1);
    found[0]
}

fn command_line(process: i32) -> String {
    let text = fs::read(format!("/proc/{process}/cmdline")).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn an_interpreter_that_waits_has_no_secret_and_ends_with_us() {
    let workshop = workshop();
    let mut paused = Paused::start(&workshop);
    let environment = fs::read(format!("/proc/{}/environ", paused.waiting)).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    assert!(environment.contains("PATH="), "{environment}");
    for text in [&environment, &command_line(paused.waiting)] {
        assert!(!text.contains(SECRET), "{text}");
    }
    let threads = fs::read_dir(format!("/proc/{}/task", paused.waiting));
    assert_eq!(threads.unwrap().count(), 1);
    paused.program.kill().unwrap();
    wait_until("its end", || !runs(paused.waiting));
    paused.go_on();
}

#[test]
fn without_the_interpreter_dbt_starts_anew() {
    let workshop = workshop();
    let paused = Paused::start(&workshop);
    kill_process(Pid::from_raw(paused.waiting).unwrap(), Signal::KILL).unwrap();
    assert_eq!(paused.go_on(), Some(0));
    assert_eq!(starts(workshop.path()), ["launcher"]);
}
