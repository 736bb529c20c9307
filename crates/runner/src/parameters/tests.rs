use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::error::ParameterError;
use super::shell_words::split_words;
use super::table::PARAMETERS;
use super::{apply, schema};

mod documentation;

fn words(line: &str) -> Vec<String> {
    split_words(line).expect("closed quotes")
}

fn applied(line: &str, parameters: Value) -> Result<String, ParameterError> {
    let parameters = parameters.as_object().expect("an object");
    apply(&words(line), parameters).map(|words| words.join(" "))
}

#[track_caller]
fn becomes(line: &str, parameters: Value, wanted: &str) {
    assert_eq!(applied(line, parameters).expect("right"), wanted);
}

#[track_caller]
fn mistakes(line: &str, parameters: Value) -> String {
    applied(line, parameters).expect_err("wrong").to_string()
}

#[test]
fn a_flag_is_replaced_in_all_its_spellings() {
    for line in [
        "build --select a b -f",
        "build -s a b -f",
        "build -sa -f",
        "build --models=a b -f",
        "build -m a --model b --select=c d -f",
        "build --selector nightly -f",
    ] {
        becomes(line, json!({ "select": "x y" }), "build --select x y -f");
    }
    for line in [
        "build --target a",
        "build -t a",
        "build -ta",
        "build -t a --target=b",
    ] {
        becomes(line, json!({ "target": "prod" }), "build --target prod");
    }
}

#[test]
fn other_arguments_stay() {
    for line in [
        "build --select a -xf",
        "--profiles-dir run build --vars {full-refresh:-f} --threads 4",
        "run-operation grant --args {a:b} -- --select x",
    ] {
        becomes(line, json!({}), line);
        becomes(
            line,
            json!({ "select": null, "target": " ", "vars": "" }),
            line,
        );
    }
    becomes(
        "run --vars -tq --profiles-dir -x -xtdev",
        json!({ "target": "prod" }),
        "run --vars -tq --profiles-dir -x -x --target prod",
    );
}

#[test]
fn new_flags_come_last_but_before_a_double_dash() {
    becomes(
        "build",
        json!({ "exclude": ["a", "b c"] }),
        "build --exclude a b c",
    );
    becomes(
        "run-operation x -- y",
        json!({ "target": "prod" }),
        "run-operation x --target prod -- y",
    );
    becomes(
        "build --state",
        json!({ "threads": 4 }),
        "build --threads 4 --state",
    );
}

#[test]
fn each_kind_of_value() {
    let all = json!({
        "select": ["a+", "b"], "resource_type": "model test", "threads": 4.0, "empty": false, "defer": true,
        "vars": { "day": "2026-01-31", "n": [1] }, "full_refresh": true, "indirect_selection": "Eager",
        "log_level": "debug", "target": "-odd",
    });
    let line = "build -dq --no-defer --log-level warn --vars '{a: 1}'";
    insta::assert_snapshot!(applied(line, all).expect("right"));
}

#[test]
fn false_removes_the_flag_and_adds_its_negation_if_dbt_has_one() {
    becomes("build -fx", json!({ "full_refresh": false }), "build -x");
    becomes(
        "build -fx",
        json!({ "fail_fast": false }),
        "build -f --no-fail-fast",
    );
    becomes("build -s a -x", json!({ "select": [] }), "build -x");
    becomes(
        "build --selector a -x",
        json!({ "select": [], "selector": "b" }),
        "build --selector b -x",
    );
}

#[test]
fn the_command_and_the_whole_line_are_replaced() {
    becomes(
        "--profiles-dir run source freshness -s source:a",
        json!({ "command": "build" }),
        "--profiles-dir run build -s source:a",
    );
    becomes(
        "build -x",
        json!({ "command": "source freshness" }),
        "source freshness -x",
    );
    becomes(
        "build --select a",
        json!({ "args": "run --vars '{a: b c}'", "target": "prod", "command": "test" }),
        "test --vars {a: b c} --target prod",
    );
    becomes("build", json!({ "args": ["run", "a b"] }), "run a b");
}

#[test]
fn a_positional_argument_never_becomes_the_value_of_a_flag() {
    becomes(
        "run-operation --exclude a -t dev grant",
        json!({ "target": "prod" }),
        "run-operation --exclude a --target prod grant",
    );
    becomes(
        "--exclude a -f build",
        json!({ "full_refresh": false }),
        "build --exclude a",
    );
}

#[test]
fn all_mistakes_are_reported() {
    let wrong = json!({
        "selct": "a", "full-refresh": true, "whatever": 1, "threads": 0, "full_refresh": "yes", "args": "build 'a",
        "command": "source", "exclude": ["a", "--target", "b"], "target": 7, "vars": [1], "select": ["a", 1],
        "indirect_selection": "all",
    });
    insta::assert_snapshot!(
        mistakes("build", wrong)
            .replace("; `", ";\n`")
            .replace("; there", ";\nthere")
    );
    assert!(mistakes("build", json!({ "args": [] })).contains("is empty"));
}

#[test]
fn a_parameter_that_dbt_would_ignore_is_a_mistake() {
    for (line, parameters) in [
        ("build --selector a", json!({ "exclude": "b" })),
        ("build", json!({ "selector": "a", "select": "b" })),
        ("build", json!({ "selector": "a", "exclude": "b" })),
        (
            "build",
            json!({ "args": "run --selector a", "exclude": "b" }),
        ),
    ] {
        let found = mistakes(line, parameters);
        assert!(found.contains("no effect"), "{found}");
    }
    becomes(
        "build -s a --exclude b",
        json!({ "selector": "c" }),
        "build --selector c",
    );
}

#[test]
fn the_schema_and_the_mapping_know_the_same_parameters() {
    let schema = schema(&words("build --select 'tag:a b'"));
    let properties = schema["properties"].as_object().expect("an object");
    assert_eq!(properties.len(), PARAMETERS.len());
    insta::assert_json_snapshot!(schema);
}

/// Words that a command line is made of, most of them with a meaning.
fn word() -> impl Strategy<Value = String> {
    let flags = PARAMETERS
        .iter()
        .map(|parameter| parameter.name.replace('_', "-"));
    let mut known: Vec<String> = flags.map(|name| format!("--{name}")).collect();
    known.extend(
        "build run docs generate source -- - -x -xf -xtprod -sa -s -m -t --select=a --vars= --x a b {a:b} -qd --no-defer"
            .split(' ')
            .map(str::to_owned),
    );
    prop_oneof![4 => prop::sample::select(known), 1 => ".{0,6}"]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..9).prop_map(Value::from),
        word().prop_map(Value::from),
        prop::collection::vec(word(), 0..4).prop_map(Value::from),
        prop::collection::btree_map("[a-z]{1,2}", ".{0,3}", 0..3).prop_map(|map| json!(map)),
    ]
}

fn parameters() -> impl Strategy<Value = Map<String, Value>> {
    let names: Vec<&str> = PARAMETERS.iter().map(|parameter| parameter.name).collect();
    let name =
        prop_oneof![30 => prop::sample::select(names).prop_map(str::to_owned), 1 => ".{0,5}"];
    prop::collection::btree_map(name, value(), 0..4).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn applying_twice_is_applying_once(
        line in prop::collection::vec(word(), 0..8),
        parameters in parameters(),
    ) {
        if let Ok(once) = apply(&line, &parameters) {
            prop_assert_eq!(apply(&once, &parameters), Ok(once));
        }
    }
}
