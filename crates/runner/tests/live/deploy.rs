//! Deployments, made on the real server.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prefect_client::{
    Client, Deployment, FlowRun, FlowRunFilter, Log, NewDeploymentRun, NewWorkPool, Settings,
    StateType,
};
use prefect_dbt::parameters::{apply, join_words};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::project::{Finished, Project};

/// A work pool of a test's own, whose flow has its name.
struct Pool {
    project: Project,
    client: Client,
    runtime: Runtime,
    name: String,
}

impl Pool {
    fn new(kind: &str) -> Self {
        let project = Project::new();
        let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let name = format!("pool-{}", Uuid::now_v7());
        let pool = NewWorkPool::new(&name, kind);
        runtime.block_on(client.create_work_pool(&pool)).unwrap();
        Self {
            project,
            client,
            runtime,
            name,
        }
    }

    /// `prefect-dbt deploy nightly OPTIONS -- build --select tag:nightly`, on this pool.
    fn deploy(&self, options: &[&str]) -> Finished {
        let mut command = self.project.program();
        command
            .args(["deploy", "nightly", "--work-pool", &self.name])
            .args(["--flow-name", &self.name])
            .args(options)
            .args(["--", "build", "--select", "tag:nightly"]);
        Finished::of(&mut command)
    }

    /// What the server made of it.
    fn deployment(&self) -> Deployment {
        let found = self.client.read_deployment_by_name(&self.name, "nightly");
        self.runtime.block_on(found).unwrap()
    }

    /// The runs of its flow that have not started.
    fn scheduled_runs(&self) -> Vec<FlowRun> {
        let mut runs = FlowRunFilter::default();
        runs.flow_names = vec![self.name.clone()];
        runs.state_types = vec![StateType::Scheduled];
        let found = self.client.filter_flow_runs(&runs);
        self.runtime.block_on(found).unwrap()
    }

    /// The status with which the server answers to a run with these parameters.
    fn run_with(&self, deployment: &Deployment, parameters: Value) -> Option<u16> {
        let mut run = NewDeploymentRun::default();
        run.parameters = serde_json::from_value(parameters).unwrap();
        let answer = self.client.create_deployment_run(deployment.id, &run);
        self.runtime
            .block_on(answer)
            .err()
            .map(|error| error.status().unwrap())
    }
}

const COMMAND: &str = "prefect-dbt invoke --engine -- build --select tag:nightly";

#[test]
fn a_deployment_has_every_option_of_the_command_line() {
    let pool = Pool::new("process");
    let finished = pool.deploy(&[
        "--cron=0 6 * * *",
        "--timezone=Europe/Berlin",
        "--param=target=prod",
        "--param=full_refresh=true",
        "--env=A=b=c",
        "--working-dir=/srv/shop",
        "--tag=one",
        "--tag=two",
        "--concurrency=1",
        "--retries=2",
        "--retry-delay=1.5",
        "--description=All of it",
    ]);
    finished.exits_with(0).says("created deployment");
    finished.says("prefect worker start --pool");
    let made = pool.deployment();
    let site = pool.project.environment.api.trim_end_matches("/api");
    let page = format!("{site}/deployments/deployment/{}\n", made.id);
    assert_eq!(finished.stdout, page);
    let command = COMMAND.replace("--engine", "--engine --retries 2 --retry-delay 1.5");
    let job = json!({ "command": command, "env": { "A": "b=c" }, "working_dir": "/srv/shop" });
    assert_eq!(Value::from(made.job_variables), job);
    let parameters = json!({ "target": "prod", "full_refresh": true });
    assert_eq!(Value::from(made.parameters), parameters);
    assert_eq!(made.work_pool_name, Some(pool.name));
    assert_eq!(made.tags, ["one", "two"]);
    assert_eq!(made.description.as_deref(), Some("All of it"));
    assert_eq!(made.global_concurrency_limit.unwrap()["limit"], 1);
    assert_eq!(made.schedules.len(), 1);
    let schedule = json!({ "cron": "0 6 * * *", "timezone": "Europe/Berlin", "day_or": true });
    assert_eq!(made.schedules[0]["schedule"], schedule);
}

#[test]
fn deploying_again_removes_options_that_are_not_given() {
    let pool = Pool::new("process");
    let first = pool.deploy(&[
        "--interval=3600",
        "--param=target=prod",
        "--env=A=b",
        "--working-dir=/srv",
        "--tag=one",
        "--concurrency=1",
        "--description=All of it",
    ]);
    first.exits_with(0);
    let before = pool.deployment();
    pool.deploy(&["--rrule=FREQ=DAILY"])
        .exits_with(0)
        .says("replaced deployment");
    assert_eq!(pool.deployment().schedules.len(), 1);
    pool.deploy(&[]).exits_with(0).says("empty folder");
    let now = pool.deployment();
    assert_eq!(now.id, before.id);
    assert_eq!(
        Value::from(now.job_variables),
        json!({ "command": COMMAND, "env": {} })
    );
    assert_eq!((now.schedules, now.tags), (vec![], vec![]));
    assert_eq!(now.parameters, Map::new());
    assert_eq!(
        (now.description, now.global_concurrency_limit),
        (None, None)
    );
}

#[test]
fn docker_deployments_have_an_image_and_environment_variables() {
    for kind in ["docker", "kubernetes"] {
        let pool = Pool::new(kind);
        pool.deploy(&["--working-dir=/srv"])
            .exits_with(2)
            .says("no job variable `working_dir`");
        pool.deploy(&["--image=shop:1", "--job-variable=labels={\"a\":\"b\"}"])
            .exits_with(0);
        let job =
            json!({ "command": COMMAND, "env": {}, "image": "shop:1", "labels": { "a": "b" } });
        assert_eq!(Value::from(pool.deployment().job_variables), job);
    }
}

#[test]
fn the_server_checks_parameters_before_a_run_starts() {
    let pool = Pool::new("process");
    pool.deploy(&[]).exits_with(0);
    let made = pool.deployment();
    for right in [
        json!({}),
        json!({ "select": "a", "threads": 4, "vars": { "a": [1] }, "args": null, "target": null }),
        json!({ "select": ["a", "b"], "args": ["run"], "full_refresh": false, "log_level": "warn" }),
    ] {
        assert_eq!(pool.run_with(&made, right.clone()), None, "{right}");
    }
    for wrong in [
        json!({ "select": 7 }),
        json!({ "threads": "4" }),
        json!({ "threads": 0 }),
        json!({ "full_refresh": "yes" }),
        json!({ "indirect_selection": "all" }),
        json!({ "selct": "a" }),
    ] {
        assert_eq!(pool.run_with(&made, wrong.clone()), Some(409), "{wrong}");
    }
    assert_eq!(pool.scheduled_runs().len(), 3);
}

#[test]
fn an_interrupt_ends_the_view_of_a_run_even_if_nobody_reads_it() {
    let pool = Pool::new("process");
    let mut command = pool.project.program();
    command
        .args(["deploy", "nightly", "--work-pool", &pool.name])
        .args(["--flow-name", &pool.name, "--run", "--", "build"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut view = command.spawn().unwrap();
    let stderr = view.stderr.take().unwrap();
    // There is no worker: the run waits.
    let run = until(|| pool.scheduled_runs().into_iter().next());
    let now = Timestamp::now();
    let line = Log::new("dbt", 20, "x".repeat(500), now).of_run(Some(run.id), None);
    // The server takes at most 512 kB at a time.
    for _ in 0..4 {
        let lines = vec![line.clone(); 200];
        pool.runtime
            .block_on(pool.client.create_logs(&lines))
            .unwrap();
    }
    // A full pipe holds 64 KiB, less the rest of each page.
    until(|| (rustix::io::ioctl_fionread(&stderr).unwrap() > 57_000).then_some(()));
    kill_process(Pid::from_child(&view), Signal::INT).unwrap();
    assert_eq!(until(|| view.try_wait().unwrap()).code(), Some(130));
    drop(stderr);
}

/// Waits until there is a value.
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < patience, "it does not happen");
        std::thread::yield_now();
    }
}

#[test]
fn an_invalid_deployment_is_refused_and_not_created() {
    let pool = Pool::new("process");
    for (options, message) in [
        (["--cron=61 * * * *", "--tag=a"], "minute `61`"),
        (
            ["--cron=0 6 * * *", "--timezone=Mars/Base"],
            "`Mars/Base` is not a time zone",
        ),
        (["--timezone=UTC", "--tag=a"], "--cron"),
        (["--cron=0 6 * * *", "--interval=5"], "cannot be used with"),
        (
            ["--param=threads=many", "--param=selct=a"],
            "did you mean `select`",
        ),
        (["--image=shop", "--tag=a"], "no job variable `image`"),
        (["--invoke-options=--timout 4", "--tag=a"], "--timout"),
        // What only the server can judge.
        (["--cron=R R * * *", "--tag=a"], "Random and Hashed"),
    ] {
        pool.deploy(&options).exits_with(2).says(message);
    }
    let found = pool.client.read_deployment_by_name(&pool.name, "nightly");
    assert!(pool.runtime.block_on(found).unwrap_err().is_not_found());
}

#[test]
fn a_missing_work_pool_is_an_error_that_lists_the_existing_ones() {
    let pool = Pool::new("process");
    let mut command = pool.project.program();
    command.args([
        "deploy",
        "nightly",
        "--work-pool=there-is-none",
        "--",
        "build",
    ]);
    let finished = Finished::of(&mut command);
    finished.exits_with(2).says("`there-is-none`");
    finished.says(&pool.name);
}

#[test]
fn deploy_without_an_api_is_an_error() {
    let project = Project::new();
    for (api, message) in [
        ("", "PREFECT_API_URL"),
        ("http://127.0.0.1:9/api", "connection refused"),
    ] {
        let mut command = project.program();
        command.env("PREFECT_API_URL", api).args([
            "deploy",
            "nightly",
            "--work-pool=pool",
            "--",
            "build",
        ]);
        let finished = Finished::of(&mut command);
        finished.exits_with(3).says(message);
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn dbt_accepts_every_flag_that_a_parameter_sets() {
    let project = Project::new();
    let switches = |on: bool| {
        json!({
            "full_refresh": on, "fail_fast": on, "warn_error": on, "store_failures": on, "defer": on,
            "favor_state": on, "empty": on, "select": "a", "exclude": "b", "indirect_selection": "eager",
            "resource_type": "model", "exclude_resource_type": "test", "target": "dev", "profile": "shop",
            "vars": {}, "threads": 1, "state": "s", "defer_state": "s", "sample": "1 day",
            "event_time_start": "2026-01-01", "event_time_end": "2026-01-02", "log_level": "warn",
        })
    };
    for on in [true, false] {
        let parameters = switches(on);
        let line = apply(&["build".to_owned()], parameters.as_object().unwrap()).unwrap();
        // dbt reads all flags before it obeys this one.
        let mut dbt = Command::new(&project.environment.dbt);
        let output = dbt.args(&line).arg("--help").output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line:?}\n{stderr}");
    }
}

#[test]
fn workers_split_the_command_into_the_same_words() {
    let python = std::env::var_os("PREFECT_DBT_TEST_PYTHON");
    let python =
        python.expect("PREFECT_DBT_TEST_PYTHON is not set: run the tests by `cargo xtask test`");
    let words = [
        "prefect-dbt",
        "",
        "it's",
        "a \"b\" c",
        "{a: 'b', c: \"d\"}",
        "\\",
        "\\'",
        "$HOME",
        "`x`",
        "a\nb\tc",
        "*?[a]",
        "#no comment",
        "ü–😀",
        "a=b",
        "'",
        "'''",
        "!x",
        "~",
        "tag:a,b",
        "@x+1",
        "\u{a0}",
        "&& ; | > <",
    ];
    let script = "import json, shlex, sys; print(json.dumps(shlex.split(sys.argv[1])))";
    let output = Command::new(python)
        .args(["-c", script, &join_words(words)])
        .output()
        .unwrap();
    let split: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(split, words);
}
