//! The samples of the documentation that need Python, the real dbt or a Prefect server.

use std::process::Command;

use super::examples;
use super::pages::{Sample, samples};
use super::project::Finished;
use super::python_package::python_in;
use super::samples::SAMPLES;
use super::workshop::Workshop;

#[test]
fn samples_in_python_run() {
    let workshop = Workshop::new();
    workshop.mend();
    let samples = samples().into_iter();
    let samples: Vec<Sample> = samples
        .filter(|sample| sample.language == "python")
        .collect();
    assert!(samples.len() > 4, "{} samples", samples.len());
    // The test of the examples reads the last run of each of these, perhaps at the same time.
    let flows = SAMPLES.iter().filter_map(|(name, _)| examples::flow(name));
    let taken: Vec<String> = flows
        .map(|flow| format!("def {}(", flow.replace('-', "_")))
        .collect();
    for sample in samples {
        let place = sample.place();
        let is_taken = taken.iter().any(|flow| sample.text.contains(flow));
        assert!(!is_taken, "{place}: an example has a flow of this name");
        let file = workshop.path().join("sample.py");
        fs_err::write(&file, &sample.text).unwrap();
        let finished = Finished::of(&mut python_in(&workshop.program(), &file));
        assert_eq!(finished.code, Some(0), "{place}\n{}", finished.stderr);
        if sample.text.contains("@flow") {
            let is_recorded = finished.stderr.contains("Finished in state Completed()");
            assert!(is_recorded, "{place}\n{}", finished.stderr);
        }
    }
}

/// A command of Prefect's own program, in the project.
fn prefect(workshop: &Workshop, args: &[&str]) -> Finished {
    let mut prefect = Command::new(std::env::var_os("PREFECT_DBT_TEST_PREFECT").unwrap());
    prefect
        .current_dir(workshop.path())
        .env("PREFECT_API_URL", workshop.api())
        .env("PREFECT_HOME", workshop.path());
    Finished::of(prefect.args(args))
}

#[test]
fn prefect_accepts_the_automation() {
    let workshop = Workshop::new();
    let samples = samples();
    let automation = samples
        .iter()
        .find(|sample| sample.language == "yaml" && sample.text.contains("\nactions:"));
    // Not for the runs of other tests.
    let text = automation.unwrap().text.clone() + "enabled: false\n";
    workshop.write("automation.yaml", &text);
    let args = ["automation", "create", "--from-file", "automation.yaml"];
    prefect(&workshop, &args).exits_with(0);
}

#[test]
fn samples_name_options_of_prefect_that_exist() {
    let workshop = Workshop::new();
    let samples = samples();
    let lines = samples.iter().flat_map(|sample| sample.text.lines());
    let calls: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("$ prefect "))
        .collect();
    assert!(!calls.is_empty());
    for call in calls {
        let words = call.split_whitespace();
        let command: Vec<&str> = words
            .clone()
            .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()))
            .chain(["--help"])
            .collect();
        let help = prefect(&workshop, &command).exits_with(0).stdout.clone();
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "{call}: {option}");
        }
    }
}
