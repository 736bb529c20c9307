//! What a program sees of a run that sets nothing up for it.

use prefect_dbt::client::{Client, Settings};
use prefect_dbt::{PrefectDbtRunner, PrefectDbtRunnerBuilder, PrefectDbtSettings};

use super::program::logged;
use crate::processes::StandIn;
use crate::written::Written;

/// The lines that a program's own subscriber shows of a run in which dbt writes one.
fn shown(builder: PrefectDbtRunnerBuilder) -> Vec<String> {
    let project = StandIn::new("echo 'a line of dbt'\n");
    let settings = PrefectDbtSettings::default()
        .with_project_dir(project.path())
        .with_profiles_dir(project.path());
    logged(project.path(), builder.settings(settings))
}

/// Whether a line begins so and has this text.
fn has(lines: &[String], start: &str, text: &str) -> bool {
    let mut lines = lines.iter();
    lines.any(|line| line.starts_with(start) && line.contains(text))
}

#[test]
fn lines_of_dbt_and_an_outage_are_events() {
    // Nothing listens there.
    let away = Settings::with_api_url("http://127.0.0.1:1/api");
    let client = Client::new(&away).expect("a client");
    let lines = shown(PrefectDbtRunner::builder().client(client));
    let (info, warn) = ("INFO prefect_dbt::run: ", "WARN prefect_dbt::run: ");
    assert!(has(&lines, info, "a line of dbt run_id="), "{lines:#?}");
    let outage = "cannot send to the Prefect API: ";
    assert!(has(&lines, warn, outage), "{lines:#?}");
}

#[test]
fn a_flow_without_an_api_says_that_it_is_not_reported() {
    let lines = shown(PrefectDbtRunner::builder().without_prefect());
    let start = "WARN prefect_dbt::run: this run is not reported: ";
    let reason = "no Prefect API is configured";
    assert!(has(&lines, start, reason), "{lines:#?}");
}

/// Whichever thread comes first.
#[test]
fn an_event_is_shown_after_a_thread_without_a_subscriber_has_met_it() {
    let event = || tracing::info!("an event");
    let written = Written::default();
    written.during(|| {
        std::thread::scope(|scope| scope.spawn(event).join()).expect("no panic");
        event();
    });
    let lines = written.lines();
    assert!(has(&lines, "INFO ", "an event"), "{lines:#?}");
}
