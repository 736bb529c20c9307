use std::path::PathBuf;

use super::*;
use crate::model::StopCause;
use crate::outcome::recorded::{delivery, outcome};

#[test]
fn a_good_run() {
    let mut outcome = outcome("compile", 0, None);
    outcome.delivery = Some(delivery(None));
    outcome.lines = vec!["select 1".to_owned()];
    insta::assert_json_snapshot!(ResultObject::of(outcome));
}

#[test]
fn a_run_with_failures_that_is_not_delivered() {
    let mut outcome = outcome("freshness", 1, None);
    outcome.delivery = Some(delivery(Some("the server does not answer")));
    outcome.journal = Some(PathBuf::from(".prefect-dbt/0.jsonl"));
    insta::assert_json_snapshot!(ResultObject::of(outcome));
}

#[test]
fn a_run_that_dbt_could_not_start() {
    let outcome = outcome("parse_fails", 2, None);
    insta::assert_json_snapshot!(ResultObject::of(outcome));
}

#[test]
fn a_run_that_timed_out() {
    let outcome = outcome("interrupted", 2, Some(StopCause::Timeout));
    let object = serde_json::to_value(ResultObject::of(outcome)).unwrap();
    let verdict: Vec<_> = ["success", "exit_code", "state", "counts", "error"]
        .into_iter()
        .map(|key| (key, &object[key]))
        .collect();
    insta::assert_json_snapshot!(verdict);
}

#[test]
fn an_error_before_the_run() {
    let error = crate::outcome::Error::Dbt(crate::dbt::DbtError::NoProject {
        dir: PathBuf::from("shop"),
        searched_above: false,
    });
    let args = vec!["build".to_owned()];
    insta::assert_json_snapshot!(ResultObject::of_error(args, &error.into()));
}
