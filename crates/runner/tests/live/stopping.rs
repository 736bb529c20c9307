//! A run is stopped in each way and at each moment: its flow run ends Cancelled, and nothing is left of dbt.

use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fs_err::File;
use jiff::Timestamp;
use prefect_client::{Client, NewFlow, NewFlowRun, NewState, Settings, StateType};
use prefect_dbt::{
    Flow, Launcher, Outcome, PrefectDbtRunner, PrefectDbtSettings, RunError, Stopper,
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sha2::{Digest as _, Sha256};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use super::environment::TestEnvironment;
use super::examples::example;
use super::interrupts::Stuck;
use super::project::Finished;
use super::recorded::Recorded;
use super::workshop::{FLAKY, Workshop};

const LIMIT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(50);
/// A query that does not end by itself.
const ENDLESS: &str =
    "select sum(hash(a.range + b.range)) as id from range(10000000) as a, range(10000000) as b";

/// When the run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// It waits for the target folder.
    Waiting,
    /// dbt's process was started, and has written nothing.
    Starting,
    /// A model runs.
    Running,
    /// All models have ended, and a SQL hook of the end runs.
    Finishing,
}

/// What stops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Sigint,
    Cancellation,
    Stopper,
    Drop,
}

/// A moment, and whether dbt is started by the launcher.
type Act = (Moment, Launcher);

/// Each moment. While a model runs, the two starts have different means to end a query that dbt does not cancel.
const ACTS: [Act; 5] = [
    (Moment::Waiting, Launcher::Auto),
    (Moment::Starting, Launcher::Auto),
    (Moment::Running, Launcher::Auto),
    (Moment::Running, Launcher::Off),
    (Moment::Finishing, Launcher::Auto),
];

/// A project whose run can be stopped at a moment.
struct Scene {
    workshop: Workshop,
    moment: Moment,
    launcher: Launcher,
    /// dbt's console script, with an interpreter that leaves its process id.
    dbt: PathBuf,
    /// Another run, as it were, that uses the target folder.
    lock: Option<File>,
}

impl Scene {
    fn new((moment, launcher): Act) -> Self {
        let workshop = Workshop::new();
        workshop.mend();
        if moment == Moment::Running {
            workshop.write("models/flaky.sql", ENDLESS);
        }
        if moment == Moment::Finishing {
            let project = fs_err::read_to_string(workshop.path().join("dbt_project.yml")).unwrap();
            workshop.write(
                "dbt_project.yml",
                &format!("{project}on-run-end: \"{ENDLESS}\"\n"),
            );
            workshop.share_parsed();
        }
        let dbt = traced_dbt(&workshop);
        let lock = (moment == Moment::Waiting).then(|| lock_target(workshop.path()));
        Self {
            workshop,
            moment,
            launcher,
            dbt,
            lock,
        }
    }

    /// The text of dbt's event at which the run is stopped.
    fn event(&self) -> &'static str {
        match self.moment {
            Moment::Finishing => "START hook: workshop.on-run-end",
            _ => "START sql table model main.flaky",
        }
    }

    /// The id of dbt's process, once it has been started.
    fn dbt(&self) -> Option<Pid> {
        let text = fs_err::read_to_string(self.workshop.path().join("dbt.pid")).ok()?;
        Pid::from_raw(text.trim().parse().ok()?)
    }

    fn exists(&self) -> bool {
        Recorded::exists(self.workshop.flow_run_name())
    }

    /// Checks that the flow run ends Cancelled, and that dbt's process ends. Prints how long that took since it was asked for.
    #[expect(
        clippy::print_stdout,
        reason = "a reader compares the time with the limit"
    )]
    #[track_caller]
    fn is_stopped(&self, means: Means, asked: Timestamp) {
        let began = Instant::now();
        let mut recorded = self.workshop.recorded(0);
        while !recorded.flow_state().kind.is_terminal() && began.elapsed() < LIMIT {
            std::thread::sleep(POLL);
            recorded = self.workshop.recorded(0);
        }
        let state = recorded.flow_state();
        assert_eq!(
            state.kind,
            StateType::Cancelled,
            "{means:?} {:?}: {state:?}",
            self.moment
        );
        let took = state.timestamp.unwrap().duration_since(asked);
        println!(
            "{means:?} while {:?}, launcher {:?}: Cancelled after {:.2} s",
            self.moment,
            self.launcher,
            took.as_secs_f64()
        );
        match self.dbt() {
            Some(dbt) => wait_until(|| test_kill_process(dbt).is_err()),
            None => assert_eq!(self.moment, Moment::Waiting),
        }
        if self.moment == Moment::Running {
            let recorded = self.workshop.recorded(2);
            let kind = recorded.of(FLAKY).state.as_ref().unwrap().kind;
            assert_eq!(kind, StateType::Cancelled);
        }
        assert!(self.lock.is_some() == (self.moment == Moment::Waiting));
    }

    /// Starts the program and waits for the moment.
    fn program(&self) -> Stuck {
        let dbt = self.dbt.to_string_lossy().into_owned();
        let launcher = match self.launcher {
            Launcher::Off => "off",
            _ => "auto",
        };
        // A dbt that did not stop would still end.
        let timeout = LIMIT.as_secs().to_string();
        let options = ["--dbt", &dbt, "--launcher", launcher, "--timeout", &timeout];
        let mut command = self.workshop.invocation(&options, &["build"]);
        match self.moment {
            Moment::Waiting => {
                let run = Stuck::start_until("waiting for", &mut command);
                wait_until(|| self.exists());
                run
            }
            Moment::Starting => {
                let run = Stuck::spawn(&mut command);
                wait_until(|| self.dbt().is_some() && self.exists());
                run
            }
            Moment::Running | Moment::Finishing => Stuck::start_until(self.event(), &mut command),
        }
    }

    /// The run as a Rust program starts it. `is_there` is notified at the moment, if dbt runs then.
    async fn library(&self, stopper: Stopper, is_there: Arc<Notify>) -> Result<Outcome, RunError> {
        let event = self.event();
        let settings = PrefectDbtSettings::default()
            .with_project_dir(self.workshop.path())
            .with_profiles_dir(self.workshop.path());
        let runner = PrefectDbtRunner::builder()
            .settings(settings)
            .client(client())
            .dbt(&self.dbt)
            .launcher(self.launcher)
            .on_event(move |found| {
                if found.message().contains(event) {
                    is_there.notify_one();
                }
            })
            .build()?;
        Flow::new("stopping")
            .flow_run_name(self.workshop.flow_run_name())
            .stopper(stopper)
            .run(&runner, |_flow| ["build"])
            .await
    }

    /// Waits for the moment of a run in this process.
    async fn arrives(&self, is_there: &Notify) {
        let is_early = matches!(self.moment, Moment::Waiting | Moment::Starting);
        if !is_early {
            return is_there.notified().await;
        }
        loop {
            let has_dbt = self.moment == Moment::Waiting || self.dbt().is_some();
            let is_there = has_dbt && tokio::task::block_in_place(|| self.exists());
            if is_there {
                return;
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// dbt's own console script in an environment with the same packages, whose interpreter leaves its process id and goes to the
/// folder of the project, wherever it was called from.
fn traced_dbt(workshop: &Workshop) -> PathBuf {
    let real = workshop.executable();
    let text = fs_err::read_to_string(real).unwrap();
    let (first, code) = text.split_once('\n').unwrap();
    let environment = workshop.path().join("environment");
    let bin = environment.join("bin");
    fs_err::create_dir_all(&bin).unwrap();
    // With the version of dbt, which is not asked then.
    symlink(
        real.ancestors().nth(2).unwrap().join("lib"),
        environment.join("lib"),
    )
    .unwrap();
    let (python, dbt) = (bin.join("python"), bin.join("dbt"));
    let traced = format!(
        "#!/bin/sh\ncd '{}'\necho $$ > dbt.new && mv dbt.new dbt.pid\nexec {} \"$@\"\n",
        workshop.path().display(),
        first.trim_start_matches("#!"),
    );
    let script = format!("#!{}\n{code}", python.display());
    for (file, text) in [(&python, traced), (&dbt, script)] {
        fs_err::write(file, text).unwrap();
        fs_err::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    dbt
}

/// Takes the lock of the project's target folder.
fn lock_target(project: &Path) -> File {
    let folder = project.join(".prefect-dbt");
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .unwrap();
    let digest = Sha256::digest(project.join("target").as_os_str().as_encoded_bytes());
    let name: String = digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create(true);
    options.options_mut().mode(0o600);
    let file = options
        .open(folder.join(format!("target-{name}.lock")))
        .unwrap();
    file.file().try_lock().unwrap();
    file
}

#[track_caller]
fn wait_until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !condition() {
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::sleep(POLL);
    }
}

fn client() -> Client {
    Client::new(&Settings::with_api_url(&TestEnvironment::from_env().api)).unwrap()
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn sigint_stops_the_program_at_each_moment() {
    for act in ACTS {
        let scene = Scene::new(act);
        let run = scene.program();
        let asked = Timestamp::now();
        kill_process(run.pid(), Signal::INT).unwrap();
        scene.is_stopped(Means::Sigint, asked);
        run.finish().exits_with(130);
    }
}

/// dbt cancels its queries once: one that starts a moment later would run for hours, and dbt would wait for it.
#[test]
fn one_interrupt_ends_a_dbt_whose_query_starts_a_moment_later() {
    let scene = Scene::new((Moment::Running, Launcher::Auto));
    let run = scene.program();
    kill_process(scene.dbt().unwrap(), Signal::INT).unwrap();
    run.finish()
        .exits_with(2)
        .says("Exited because of keyboard interrupt");
}

#[test]
fn a_cancellation_through_prefect_stops_the_program_at_each_moment() {
    for act in ACTS {
        let scene = Scene::new(act);
        let run = scene.program();
        let client = client();
        let id = scene.workshop.recorded(0).flow_run.id;
        let state = NewState::new(StateType::Cancelling);
        let asked = Timestamp::now();
        runtime()
            .block_on(client.set_flow_run_state(id, &state, true))
            .unwrap();
        scene.is_stopped(Means::Cancellation, asked);
        run.finish().exits_with(130);
    }
}

#[test]
fn a_stopper_stops_a_run_at_each_moment() {
    for act in ACTS {
        let (scene, stopper, is_there) =
            (Scene::new(act), Stopper::new(), Arc::<Notify>::default());
        let (result, asked) = runtime().block_on(async {
            let run = scene.library(stopper.clone(), Arc::clone(&is_there));
            let stop = async {
                scene.arrives(&is_there).await;
                let asked = Timestamp::now();
                stopper.stop();
                asked
            };
            tokio::join!(run, stop)
        });
        let error = result.unwrap_err();
        assert_eq!(error.exit_code(), 130, "{error:?}");
        scene.is_stopped(Means::Stopper, asked);
    }
}

#[test]
fn a_run_whose_future_is_dropped_stops_at_each_moment() {
    for act in ACTS {
        let (scene, is_there) = (Scene::new(act), Arc::<Notify>::default());
        let runtime = runtime();
        let asked = runtime.block_on(async {
            let mut run = Box::pin(scene.library(Stopper::new(), Arc::clone(&is_there)));
            tokio::select! {
                ended = &mut run => panic!("it ended: {ended:?}"),
                () = scene.arrives(&is_there) => {}
            }
            let asked = Timestamp::now();
            drop(run);
            asked
        });
        scene.is_stopped(Means::Drop, asked);
    }
}

/// Without a runtime nothing can be sent: the next run in the project does it.
#[test]
fn a_run_that_is_dropped_with_its_runtime_is_cancelled_by_the_next_run() {
    let act = (Moment::Running, Launcher::Auto);
    let (scene, is_there) = (Scene::new(act), Arc::<Notify>::default());
    // On one thread, so that nothing of the run goes on between the two drops.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut run = Box::pin(scene.library(Stopper::new(), Arc::clone(&is_there)));
        tokio::select! {
            ended = &mut run => panic!("it ended: {ended:?}"),
            () = scene.arrives(&is_there) => {}
        }
        // dbt can be faster than a busy server. The run goes on meanwhile.
        let name = scene.workshop.flow_run_name().to_owned();
        let is_running = move || {
            Recorded::exists(&name)
                && Recorded::wait_for(&name, 0).flow_state().kind == StateType::Running
        };
        tokio::select! {
            ended = &mut run => panic!("it ended: {ended:?}"),
            waited = tokio::task::spawn_blocking(move || wait_until(is_running)) => waited.unwrap(),
        }
    });
    drop(runtime);
    let dbt = scene.dbt().unwrap();
    wait_until(|| test_kill_process(dbt).is_err());
    assert!(!scene.workshop.recorded(0).flow_state().kind.is_terminal());
    let asked = Timestamp::now();
    let mut next = scene.workshop.program();
    let dbt = scene.dbt.to_string_lossy().into_owned();
    next.args([
        "invoke",
        "--dbt",
        &dbt,
        "--verify-timeout",
        "60",
        "--",
        "deps",
    ]);
    Finished::of(&mut next)
        .exits_with(0)
        .says("now delivered: 1");
    scene.is_stopped(Means::Drop, asked);
}

/// A process that is killed says nothing: the next run in the project does.
#[test]
fn a_process_that_is_killed_before_dbt_starts_leaves_its_flow_run_to_the_next_run() {
    let scene = Scene::new((Moment::Waiting, Launcher::Auto));
    let run = scene.program();
    kill_process(run.pid(), Signal::KILL).unwrap();
    assert_eq!(run.finish().code, None);
    let waits = scene.workshop.recorded(0);
    assert_eq!(waits.flow_state().kind, StateType::Pending);
    drop(scene.lock);
    let mut next = scene.workshop.program();
    next.args(["invoke", "--verify-timeout", "60", "--", "deps"]);
    Finished::of(&mut next)
        .exits_with(0)
        .says("now delivered: 1");
    let recorded = scene.workshop.recorded(0);
    let state = recorded.flow_state();
    assert_eq!(state.kind, StateType::Crashed);
    let message = "prefect-dbt was killed before dbt started";
    assert_eq!(state.message.as_deref(), Some(message));
}

/// A program that has signals handled, as the engine of a flow run, in the second of its invocations.
#[test]
fn sigint_stops_a_flow_of_several_invocations() {
    // Without the launcher, dbt's process is started for each invocation.
    let scene = Scene::new((Moment::Running, Launcher::Off));
    let (client, runtime) = (client(), runtime());
    let id = runtime.block_on(async {
        let flow = client.create_flow(&NewFlow::new("stopping")).await.unwrap();
        let run = NewFlowRun::new(flow.id);
        client.create_flow_run(&run).await.unwrap().id
    });
    let mut command = std::process::Command::new(example("several_invocations"));
    for (name, value) in scene.workshop.program().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut run = command
        .env("PREFECT_DBT_EXECUTABLE", &scene.dbt)
        .env("PREFECT_DBT_LAUNCHER", "off")
        .env("PREFECT__FLOW_RUN_ID", id.to_string())
        .current_dir(scene.workshop.path())
        .spawn()
        .unwrap();
    let begun = scene
        .workshop
        .path()
        .join("target/run/workshop/models/flaky.sql");
    wait_until(|| begun.exists());
    kill_process(Pid::from_child(&run), Signal::INT).unwrap();
    assert!(!run.wait().unwrap().success());
    let dbt = scene.dbt().unwrap();
    wait_until(|| test_kill_process(dbt).is_err());
    let ended = runtime.block_on(client.read_flow_run(id)).unwrap();
    assert_eq!(ended.state.unwrap().kind, StateType::Cancelled);
    assert_eq!(ended.run_count, 1);
}
