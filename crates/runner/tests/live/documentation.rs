//! The samples of the documentation that are in Python, with the package, the real dbt and a Prefect server.

use super::pages::{Sample, samples};
use super::project::Finished;
use super::python_package::python_in;
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
    for sample in samples {
        let place = sample.place();
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
