//! Each recorded stream, and what it means.

use prefect_dbt::{model::Effect, track::summary};

use super::support::{exit, feed, lines, results, run, shown, tracker};

fn check(stream: &str, code: i32) {
    let (effects, run) = run(stream, exit(code));
    let args = ["build".to_owned(), "--select".to_owned(), "x".to_owned()];
    let failure = summary::failure_text(&args, &run).unwrap_or_default();
    let counts = summary::Summary::new(&run, 3);
    let text = format!(
        "{}\n{failure}\n{:?} {:?}\n",
        shown(&effects),
        counts.counts,
        counts.skipped_because_of
    );
    match stream.split_once('/') {
        Some((release, run)) => {
            let suffix = format!("{release}_{run}");
            insta::with_settings!({ snapshot_suffix => suffix }, {
                insta::assert_snapshot!("release", text);
            });
        }
        None => insta::assert_snapshot!(stream, text),
    }
}

/// The other releases, each with the same few runs.
#[test]
fn other_releases() {
    for release in ["1.5", "1.7", "1.8", "1.9", "1.10", "1.12", "1.13"] {
        check(&format!("{release}/good"), 0);
        for failing in [
            "fails",
            "ephemeral_fails",
            "fail_fast",
            "hook_fails",
            "freshness",
        ] {
            check(&format!("{release}/{failing}"), 1);
        }
    }
}

#[test]
fn good() {
    check("good", 0);
}

#[test]
fn a_model_fails() {
    check("model_fails", 1);
}

#[test]
fn tests_fail_and_warn() {
    check("test_fails", 1);
    check("test_warns", 0);
}

#[test]
fn a_unit_test_fails() {
    check("unit_fails", 1);
}

#[test]
fn a_batch_fails() {
    check("batch_fails", 1);
}

#[test]
fn an_ephemeral_model_fails() {
    check("ephemeral_fails", 1);
}

#[test]
fn a_hook_fails() {
    check("hook_fails", 1);
}

#[test]
fn fail_fast() {
    check("fail_fast", 1);
}

#[test]
fn freshness() {
    check("freshness", 1);
}

#[test]
fn compile() {
    check("compile", 0);
}

#[test]
fn parsing_fails() {
    check("parse_fails", 2);
}

#[test]
fn killed() {
    check("killed", -9);
}

#[test]
fn dbt_2() {
    for stream in ["build", "test", "fail_fast", "freshness"] {
        check(&format!("2/{stream}"), 1);
    }
}

#[test]
fn interrupted() {
    let (mut tracker, mut effects) = (tracker(), Vec::new());
    for line in lines("interrupted") {
        if line.contains("INTERRUPT Error") {
            tracker.interrupted("Interrupted by SIGINT");
        }
        feed(&mut tracker, &line, &mut effects);
    }
    tracker.close(exit(2), results("interrupted").as_ref(), &mut effects);
    let ends: Vec<Effect> = effects
        .into_iter()
        .filter(|effect| !matches!(effect, Effect::Log(_)))
        .collect();
    insta::assert_snapshot!("interrupted", shown(&ends));
}
