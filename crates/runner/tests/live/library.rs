//! What a Rust program sees of a run with the real dbt, and what the run leaves in its outcome.

use std::path::Path;
use std::sync::{Arc, Mutex};

use prefect_client::{Client, Settings};
use prefect_dbt::{Flow, Outcome, PrefectDbtRunner, PrefectDbtRunnerBuilder, PrefectDbtSettings};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use super::project::Project;
use super::references::{References, SECRETS};
use super::workshop::Workshop;
use super::written::Written;

/// A model that logs the secrets of the profile.
const LEAK: &str =
    "{% if execute %}{{ log('logged ' ~ target.settings, info=true) }}{% endif %}\nselect 1 as id";
/// A macro that prints a file.
const PRINTER: &str = "{% macro printer() %}{{ log('begins', info=true) }}{{ print('a: 1\\n\\nb: 2') }}{% endmacro %}";

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn builder(dir: &Path, dbt: &Path) -> PrefectDbtRunnerBuilder {
    let settings = PrefectDbtSettings::default()
        .with_project_dir(dir)
        .with_profiles_dir(dir);
    PrefectDbtRunner::builder().settings(settings).dbt(dbt)
}

/// Puts the database into the project: dbt runs in the working directory of this process.
fn place_database(project: &Path) {
    let (profiles, database) = (project.join("profiles.yml"), project.join("x.duckdb"));
    let text = fs_err::read_to_string(&profiles).unwrap();
    let placed = text.lines().map(|line| match line.contains("path: ") {
        true => format!("      path: {}", database.display()),
        false => line.to_owned(),
    });
    let placed: Vec<String> = placed.collect();
    fs_err::write(&profiles, placed.join("\n")).unwrap();
}

#[test]
fn a_program_sees_lines_without_secrets_and_hooks_know_the_flow_run() {
    let (project, runtime, written) = (Project::new(), runtime(), Written::default());
    let client = Client::new(&Settings::with_api_url(&project.environment.api)).unwrap();
    let references = References::make(&project, client.clone(), &runtime);
    runtime.block_on(references.choose("prod"));
    place_database(&project.path());
    fs_err::write(project.path().join("models/leak.sql"), LEAK).unwrap();
    let runner = builder(&project.path(), &project.environment.dbt)
        .client(client)
        .build()
        .unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    runner.post_model().call(move |ctx| {
        let flow = ctx.flow.clone().map(|flow| (flow.flow_run_id, flow.name));
        keep.lock().unwrap().push(flow);
    });
    let outcome = written.during(|| {
        let flow = Flow::new("library").flow_run_name(&project.flow_run);
        let run = flow.run(&runner, |_| ["run", "--select", "leak"]);
        runtime.block_on(run).unwrap()
    });

    let lines = written.lines();
    let of_node = |line: &&String| {
        line.contains("logged ") && line.contains(r#"node="model.shop.leak" task_run="model leak""#)
    };
    assert!(lines.iter().any(|line| of_node(&line)), "{lines:#?}");
    for secret in SECRETS {
        assert!(
            !lines.iter().any(|line| line.contains(secret)),
            "{lines:#?}"
        );
    }
    let id: Uuid = outcome.delivery.unwrap().flow_run_id.unwrap();
    let expected = Some((Some(id), Some(project.flow_run.clone())));
    assert_eq!(*seen.lock().unwrap(), [expected]);
}

#[test]
fn an_outcome_has_what_the_command_is_for() {
    let (workshop, runtime) = (Workshop::new(), runtime());
    workshop.place_database();
    fs_err::create_dir(workshop.path().join("macros")).unwrap();
    workshop.write("macros/printer.sql", PRINTER);
    let runner = builder(workshop.path(), workshop.executable())
        .without_prefect()
        .build()
        .unwrap();
    let invoke =
        |args: &[&str]| -> Outcome { runtime.block_on(runner.invoke(args.to_vec())).unwrap() };
    let parsed = invoke(&["parse"]);
    assert!(
        parsed
            .manifest
            .unwrap()
            .get("model.workshop.base")
            .is_some()
    );
    assert!(parsed.lines.is_empty());
    assert_eq!(invoke(&["ls", "--select", "base"]).lines, ["workshop.base"]);
    let shown = invoke(&[
        "show",
        "--inline",
        "select 42 as answer",
        "--output",
        "json",
    ]);
    assert!(shown.lines.join("\n").contains("42"), "{:?}", shown.lines);
    let printed = invoke(&["run-operation", "printer"]);
    assert_eq!(printed.lines, ["a: 1\n\nb: 2"]);

    let program = workshop.invoke_alone(&["run-operation", "printer"]);
    assert_eq!(program.exits_with(0).stdout, "a: 1\n\nb: 2\n");
    assert!(program.stderr.contains("begins"), "{}", program.stderr);
    assert!(!program.stderr.contains("a: 1"), "{}", program.stderr);
}
