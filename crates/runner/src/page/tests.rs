//! Pages of recorded runs, and of hostile ones.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dbt_events::{Line, decode};
use dbt_manifest::{Manifest, RunResults};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::facts::NodeFacts;
use super::lanes::lanes;
use super::*;
use crate::history::{NodeRecord, RunRecord};
use crate::model::{Effect, FlowRunRef, NewFlowRun, NodeStatus, RunEnd, State, StateKind};
use crate::store::{Entry, Header, JOURNAL_FORMAT};
use crate::track::{ProcessEnd, Tracker, TrackerOptions};

fn read(name: &str) -> Vec<u8> {
    let runs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures/runs/1.11");
    std::fs::read(runs.join(name)).unwrap()
}

fn manifest() -> Manifest {
    Manifest::from_vec(read("manifest.json")).unwrap()
}

fn results(name: &str) -> RunResults {
    RunResults::from_slice(&read(&format!("{name}.results.json"))).unwrap()
}

/// What the journal of a recorded run has.
fn journal(name: &str) -> Vec<Effect> {
    let mut tracker = Tracker::new(TrackerOptions::new(Uuid::nil()));
    tracker.set_manifest(Some(manifest().into()));
    let mut effects = Vec::new();
    let stream = String::from_utf8(read(&format!("{name}.jsonl"))).unwrap();
    for line in stream.lines() {
        if let Line::Event(event) = decode(line) {
            tracker.on_event(&event, &mut effects);
        }
    }
    let end = ProcessEnd {
        exit_code: Some(1),
        signal: None,
        at: Timestamp::UNIX_EPOCH,
    };
    tracker.close(end, Some(&results(name)), &mut effects);
    effects
}

fn of_journal(name: &str) -> RunFacts {
    let words = [
        "build",
        "--vars",
        "{password: hunter2}",
        "--args={password: hunter2}",
        "--select",
        "stg+",
    ];
    let header = Header {
        format: JOURNAL_FORMAT,
        run_id: Uuid::from_u128(5),
        attempt: 1,
        created: Timestamp::UNIX_EPOCH,
        args: words.map(str::to_owned).to_vec(),
        flow: FlowRunRef::NotReported(NewFlowRun {
            flow_name: None,
            flow_run_name: "calm-hare".to_owned(),
            tags: Vec::new(),
        }),
        key: None,
        api: None,
        start: None,
        is_part: false,
    };
    let mut facts = FactsOfJournal::default();
    facts.add(Entry::Header(Box::new(header)));
    let end = Effect::RunFinished(RunEnd {
        state: State {
            kind: StateKind::Failed,
            name: "Failed".to_owned(),
            message: Some("1 of 19 nodes failed".to_owned()),
        },
        dbt_exit: Some(1),
        at: Timestamp::UNIX_EPOCH,
    });
    for effect in journal(name).into_iter().chain([end]) {
        facts.add(Entry::Effect(Box::new(effect)));
    }
    facts.facts()
}

fn node(id: &str, status: NodeStatus, message: &str) -> NodeFacts {
    let start = Timestamp::UNIX_EPOCH;
    NodeFacts {
        unique_id: id.to_owned(),
        status,
        times: Some((start, start + SignedDuration::from_secs(2))),
        message: Some(message.to_owned()),
        failed_rows: None,
        upstream: Some(Vec::new()),
    }
}

fn record(number: u128, nodes: &[(&str, NodeStatus)]) -> RunRecord {
    let nodes = nodes.iter();
    let nodes = nodes.map(|(id, status)| ((*id).to_owned(), NodeRecord(status.clone(), 0, 1000)));
    RunRecord {
        run_id: Uuid::from_u128(number),
        invocation_id: None,
        command: "build".to_owned(),
        selection: Uuid::nil(),
        // The nodes of a page start when the fifth run does.
        started: Timestamp::UNIX_EPOCH
            + SignedDuration::from_hours(i64::try_from(number).unwrap() - 5),
        ended: Timestamp::UNIX_EPOCH,
        is_complete: true,
        url: None,
        nodes: nodes.collect(),
    }
}

#[test]
fn the_page_of_a_journal_with_a_failure() {
    let page = Page::new(of_journal("model_fails"), Some(&manifest()), &[], None);
    insta::assert_snapshot!(markdown(&page));
    assert!(!html(&page).contains("hunter2") && page.command == "build --select stg+");
}

#[test]
fn the_numbers_of_a_page_are_those_of_the_results() {
    for name in [
        "good",
        "model_fails",
        "unit_fails",
        "batch_fails",
        "test_warns",
    ] {
        let results = results(name);
        let page = Page::new(facts_of_artifacts(&results), Some(&manifest()), &[], None);
        assert_eq!(page.nodes.len(), results.results.len());
        for (status, count) in &page.counts {
            let expected = results
                .results
                .iter()
                .filter(|result| result.status == *status);
            assert_eq!(*count, expected.count(), "{name} {status}");
            let shown = format!("<span data-status=\"{status}\">{count} {status}</span>");
            assert!(html(&page).contains(&shown), "{name} {status}");
        }
    }
}

#[test]
fn the_journal_and_the_artifacts_have_the_same_failures() {
    for name in ["model_fails", "test_fails", "unit_fails", "batch_fails"] {
        let of_journal = Page::new(of_journal(name), Some(&manifest()), &[], None);
        let facts = facts_of_artifacts(&results(name));
        let of_artifacts = Page::new(facts, Some(&manifest()), &[], None);
        let failures = |page: &Page| {
            let mut failures = page.failures.clone();
            failures.sort();
            failures
        };
        assert_eq!(failures(&of_journal), failures(&of_artifacts), "{name}");
        assert!(!of_journal.failures.is_empty());
    }
}

#[test]
fn a_journal_without_an_end_is_of_a_run_that_is_not_finished() {
    let mut facts = FactsOfJournal::default();
    let effects = journal("good");
    let is_start = |effect: &&Effect| matches!(effect, Effect::NodeRunning(_));
    let start = effects.iter().find(is_start).unwrap();
    facts.add(Entry::Effect(Box::new(start.clone())));
    let page = Page::new(facts.facts(), None, &[], None);
    assert_eq!(page.state, "Not finished");
    assert_eq!((page.nodes.len(), page.failures.len()), (1, 1));
    assert_eq!(
        serde_json::json!(page)["nodes"][0]["status"],
        "not reported"
    );
    assert!(markdown(&page).contains("not reported"));
}

#[test]
fn a_run_is_compared_with_the_runs_before_it() {
    let (a, b) = ("model.shop.a", "model.shop.b");
    let good = || record(1, &[(a, NodeStatus::Success), (b, NodeStatus::Error)]);
    let own = record(5, &[(a, NodeStatus::Error), (b, NodeStatus::Success)]);
    let later = record(6, &[(a, NodeStatus::Success)]);
    let facts = RunFacts {
        run_id: Some(Uuid::from_u128(5)),
        nodes: vec![
            node(a, NodeStatus::Error, "no"),
            node(b, NodeStatus::Success, ""),
        ],
        ..RunFacts::default()
    };
    let unrecorded = Page::new(facts.clone(), None, &[good(), later.clone()], None);
    let page = Page::new(facts, None, &[good(), own, later], None);
    assert_eq!(unrecorded.comparison, page.comparison);
    let comparison = page.comparison.as_ref().unwrap();
    assert_eq!(
        (comparison.runs, &comparison.newly_failing),
        (1, &vec![a.to_owned()])
    );
    assert_eq!(comparison.fixed, [b]);
    assert_eq!(page.node(a).unwrap().last_success, Some(good().started));
}

#[test]
fn what_was_skipped_below_a_failure_is_named() {
    let mut c = node("c", NodeStatus::Skipped, "");
    c.upstream = Some(vec!["b".to_owned()]);
    let mut b = node("b", NodeStatus::Skipped, "");
    b.upstream = Some(vec!["a".to_owned()]);
    let facts = RunFacts {
        nodes: vec![
            c,
            b,
            node("a", NodeStatus::Fail, ""),
            node("d", NodeStatus::Skipped, ""),
        ],
        ..RunFacts::default()
    };
    let page = Page::new(facts, None, &[], None);
    let mut below = page.node("a").unwrap().skipped_below.clone();
    below.sort();
    assert_eq!(below, ["b", "c"]);
    assert_eq!((page.state.as_str(), page.retry.len()), ("Failed", 4));
}

#[test]
fn many_failures_do_not_push_the_chart_off_the_screen() {
    let ids: Vec<String> = (1..=7).map(|number| format!("model.p.{number}")).collect();
    let nodes = ids.iter().map(|id| node(id, NodeStatus::Error, "no"));
    let facts = RunFacts {
        nodes: nodes.collect(),
        ..RunFacts::default()
    };
    let text = html(&Page::new(facts, None, &[], None));
    let (above, folded) = text.split_once("2 more failures</summary>").unwrap();
    let cards = |text: &str| text.matches("<article").count();
    assert_eq!((cards(above), cards(folded)), (5, 2));
}

/// An ephemeral model runs nowhere, and a model is skipped with its unit tests.
#[test]
fn by_a_manifest_alone_edges_go_through_what_does_not_run() {
    let node_of = |id: &str, kind: &str, above: &str| {
        format!(
            r#""{id}": {{"resource_type": "{kind}", "name": "n", "package_name": "p", "depends_on": {{"nodes": [{above}]}}}}"#
        )
    };
    let (a, b, unit) = ("model.p.a", "model.p.b", "unit_test.p.b.u");
    let text = format!(
        r#"{{"metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}},
            "nodes": {{{}, {}, {}}}, "unit_tests": {{{}}}}}"#,
        node_of(a, "model", ""),
        node_of("model.p.ephemeral", "model", r#""model.p.a""#),
        node_of(b, "model", r#""model.p.ephemeral""#),
        node_of(unit, "unit_test", r#""model.p.b""#),
    );
    let manifest = Manifest::from_slice(text.as_bytes()).unwrap();
    let of = |id: &str, status| NodeFacts {
        upstream: None,
        ..node(id, status, "")
    };
    let facts = RunFacts {
        nodes: vec![
            of(b, NodeStatus::Skipped),
            of(unit, NodeStatus::Skipped),
            of(a, NodeStatus::Error),
        ],
        ..RunFacts::default()
    };
    let page = Page::new(facts, Some(&manifest), &[], None);
    assert_eq!(page.node(a).unwrap().skipped_below, [b, unit]);
    assert_eq!(page.node(b).unwrap().upstream, [a, unit]);
}

const HOSTILE: &str = "</script></style></pre><script>alert(1)</script><img src=x onerror=alert(1)> ' \" <!-- ]]> ``` \u{2028}";

#[test]
fn hostile_texts_cannot_change_the_page() {
    let facts = RunFacts {
        command: HOSTILE.to_owned(),
        state: Some(HOSTILE.to_owned()),
        message: Some(HOSTILE.to_owned()),
        invocation_id: Some(HOSTILE.to_owned()),
        nodes: vec![node(HOSTILE, NodeStatus::from(HOSTILE.to_owned()), HOSTILE)],
        ..RunFacts::default()
    };
    let page = Page::new(
        facts,
        None,
        &[record(1, &[(HOSTILE, NodeStatus::Success)])],
        None,
    );
    let text = html(&page);
    assert!(page.comparison.is_some() && text.contains("<dt>Newly failing</dt>"));
    for (tag, count) in [
        ("<script", 2),
        ("</script", 2),
        ("<style", 1),
        ("</style", 1),
        ("<img", 0),
        ("<!--", 0),
    ] {
        assert_eq!(text.matches(tag).count(), count, "{tag}");
    }
    let (_, data) = text.split_once("id=\"data\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data, serde_json::json!(page));
    assert_eq!(data["nodes"][0]["message"], HOSTILE);
}

#[test]
fn the_policy_allows_exactly_the_script_and_the_style() {
    let text = html(&Page::new(RunFacts::default(), None, &[], None));
    let hash = |start: &str, end: &str| {
        let (_, rest) = text.split_once(start).unwrap();
        let (content, _) = rest.split_once(end).unwrap();
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content)))
    };
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'\"",
        hash("<script>", "</script>"),
        hash("<style>", "</style>")
    );
    assert!(text.contains(&policy), "{policy}");
    assert!(!text.contains(" style=") && !text.contains("http-equiv=\"refresh"));
}

#[test]
fn a_long_message_is_cut_and_a_page_stays_small() {
    let long = "\u{e9}".repeat(1 << 19);
    let facts = RunFacts {
        nodes: vec![node("model.shop.a", NodeStatus::Error, &long)],
        ..RunFacts::default()
    };
    let page = Page::new(facts, None, &[], None);
    let text = html(&page);
    assert!(
        text.len() < 100_000 && text.contains("more bytes]"),
        "{}",
        text.len()
    );
    assert!(markdown(&page).len() < 10_000);
}

#[test]
fn links_lead_to_web_pages_and_hold_no_credentials() {
    let link = |link: &str| Page::new(RunFacts::default(), None, &[], Some(link.to_owned())).link;
    for good in [
        "https://app.prefect.cloud/runs/1",
        "http://127.0.0.1:4200/runs/flow-run/1?a=b@c",
    ] {
        assert_eq!(link(good).as_deref(), Some(good));
    }
    for bad in [
        "javascript:alert(1)",
        "https://user:secret@host/",
        "https:///x",
        "//host/x",
        "data:text/html,x",
        "HTTPS",
    ] {
        assert_eq!(link(bad), None, "{bad}");
    }
}

#[test]
fn a_trace_has_an_event_for_each_node() {
    let page = Page::new(of_journal("good"), None, &[], None);
    let trace = chrome_trace(&page);
    let events = trace["traceEvents"].as_array().unwrap();
    let nodes = events.iter().filter(|event| event["ph"] == "X");
    assert_eq!(nodes.clone().count(), page.nodes.len());
    assert!(
        nodes
            .clone()
            .all(|event| event["ts"].is_i64() && event["dur"].is_i64())
    );
}

proptest! {
    #[test]
    fn nodes_in_one_lane_do_not_overlap(spans in prop::collection::vec((0_u8..50, 0_u8..20), 0..30)) {
        let spans: Vec<(f64, f64)> = spans
            .iter()
            .map(|(start, length)| (f64::from(*start), f64::from(*start) + f64::from(*length)))
            .collect();
        let lanes = lanes(&spans);
        for (a, one) in spans.iter().enumerate() {
            for (b, other) in spans.iter().enumerate().filter(|(b, _)| *b != a) {
                let overlaps = one.0 < other.1 && other.0 < one.1;
                prop_assert!(!overlaps || lanes[a] != lanes[b]);
            }
        }
        let most = spans.iter().map(|(start, _)| {
            spans.iter().filter(|other| other.0 <= *start && (*start < other.1 || other.0 == *start)).count()
        });
        prop_assert!(lanes.iter().max().map_or(0, |lane| lane + 1) <= most.max().unwrap_or_default());
    }

    #[test]
    fn any_text_stays_text(text in any::<String>()) {
        let facts = RunFacts {
            nodes: vec![node(&text, NodeStatus::Error, &text)],
            ..RunFacts::default()
        };
        let page = Page::new(facts, None, &[], None);
        let shown = html(&page);
        prop_assert_eq!(shown.matches("<script").count(), 2);
        let (_, data) = shown.split_once("id=\"data\">").unwrap();
        let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
        prop_assert_eq!(&data["nodes"][0]["unique_id"], &Value::from(text.clone()));
    }
}
