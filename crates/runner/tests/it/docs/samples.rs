//! The samples of the documentation. Those in Python run with the live tests, and `prefect-dbt`'s own command line reads those
//! of the shell.

use prefect_dbt::templating::Template;

use crate::pages::{Sample, repository, samples};

fn of_language(language: &str) -> Vec<Sample> {
    let all = samples().into_iter();
    all.filter(|sample| sample.language.split(',').next() == Some(language))
        .collect()
}

#[test]
fn each_sample_has_a_language_that_is_tested() {
    const KNOWN: [&str; 7] = ["console", "ini", "python", "rust", "text", "toml", "yaml"];
    for sample in samples() {
        let language = sample.language.split(',').next().unwrap();
        assert!(
            KNOWN.contains(&language),
            "{}: `{language}`",
            sample.place()
        );
    }
}

#[test]
fn samples_in_rust_are_tests_of_the_crate() {
    let facade = fs_err::read_to_string(repository().join("crates/runner/src/lib.rs")).unwrap();
    for sample in of_language("rust") {
        let page = sample.page.strip_prefix(repository()).unwrap();
        let include = format!("include_str!(\"../../../{}\")", page.display());
        assert!(facade.contains(&include), "src/lib.rs lacks {include}");
    }
}

#[test]
fn samples_in_yaml_can_be_read() {
    for sample in of_language("yaml") {
        let read = serde_yaml::from_str::<serde_yaml::Value>(&sample.text);
        let is_mapping = read.as_ref().is_ok_and(serde_yaml::Value::is_mapping);
        assert!(is_mapping, "{}: {read:?}", sample.place());
        // References to Prefect are valid.
        let template = Template::parse("profiles.yml", sample.text.as_str());
        assert!(template.is_ok(), "{}: {template:?}", sample.place());
    }
}

#[test]
fn samples_name_commands_of_xtask_that_exist() {
    let xtask = fs_err::read_to_string(repository().join("xtask/src/main.rs")).unwrap();
    for sample in of_language("console") {
        for line in sample.text.lines() {
            if let Some(words) = line.strip_prefix("$ cargo xtask ") {
                let command = words.split_whitespace().next().unwrap();
                let arm = format!("\"{command}\" => ");
                assert!(xtask.contains(&arm), "{}: {line}", sample.place());
            }
        }
    }
}
