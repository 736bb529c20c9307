//! The samples of the Python package, in real flows, compared with what Prefect's own class left for the same calls.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::project::{Finished, Project};
use super::python_left::Left;
use super::python_package::python_in;
use super::samples::{self, LIMIT, Ran, SAMPLES, TEMPLATED};

/// A line of `python_samples.py`.
#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    succeeded: bool,
    printed: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python/examples")
}

/// The name of the flow in a sample, which is that of its function.
fn flow(name: &str) -> Option<String> {
    let text = fs_err::read_to_string(folder().join(name).with_extension("py")).unwrap();
    let (_, after) = text.split_once("@flow")?;
    let (_, function) = after.split_once("def ")?;
    Some(function.split('(').next()?.replace('_', "-"))
}

/// Runs samples in one Python.
fn run(project: &Project, names: &[String]) -> Vec<Line> {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/python_samples.py");
    let mut python = python_in(&project.program(), &driver);
    let finished = Finished::of(python.arg(folder()).args(names));
    let lines = finished.exits_with(0).stdout.lines();
    let lines: Vec<Line> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), names.len(), "{}", finished.stderr);
    lines
}

#[test]
fn each_sample_leaves_what_the_python_class_leaves() {
    let project = samples::project();
    let names = SAMPLES.iter().filter(|(name, _)| *name != TEMPLATED);
    let names: Vec<String> = names
        .map(|(name, is_new)| format!("{}{name}", if *is_new { "+" } else { "" }))
        .collect();
    let mut lines = run(&project, &names);
    samples::refer_to_a_variable(&project);
    lines.extend(run(&project, &[TEMPLATED.to_owned()]));

    let flows: Vec<Option<String>> = lines.iter().map(|line| flow(&line.name)).collect();
    let all = lines.iter().zip(&flows).map(|(line, flow)| Ran {
        name: &line.name,
        flow: flow.as_deref(),
        succeeded: line.succeeded,
        printed: line.printed.clone(),
    });
    let all: Vec<Ran<'_>> = all.collect();
    let mut found: Vec<String> = all.iter().flat_map(Ran::differences).collect();
    found.extend(all.iter().flat_map(|ran| ran.unexplained(&project)));
    assert!(found.is_empty(), "{found:#?}");

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/migrating.md");
    let page = fs_err::read_to_string(page).unwrap();
    // What the Python class does not leave can be recorded last.
    let deadline = Instant::now() + LIMIT;
    loop {
        let table = table(&all, &project);
        if page.contains(&table) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "docs/migrating.md lacks\n{table}"
        );
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// What both left for each sample, as a table of Markdown.
fn table(all: &[Ran<'_>], project: &Project) -> String {
    let mut table = "| sample | ends | attempts | task runs | edges | assets | lines of hooks |\n|---|---|---|---|---|---|---|\n".to_owned();
    for ran in all {
        let lines = ran.printed.len();
        let ends = if ran.succeeded { "Completed" } else { "Failed" };
        let row = match ran.left(project) {
            None => format!("{ends}, no flow | - | - | - | - | {lines}"),
            Some((ours, python)) => {
                let pairs = [Left::attempts, Left::task_runs, Left::edges, Left::assets];
                let pairs = pairs.map(|count| match (count(&ours), count(&python)) {
                    (ours, python) if ours == python => ours.to_string(),
                    (ours, python) => format!("{ours} ({python})"),
                });
                format!("{ends} | {} | {lines}", pairs.join(" | "))
            }
        };
        table += &format!("| {} | {row} |\n", ran.name);
    }
    table
}
