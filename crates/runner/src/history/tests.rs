//! Histories that are made up run by run, with noise from proptest's generator.

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRng;
use rand_like::Noise;
use uuid::Uuid;

use super::compare::Comparison;
use super::record::NodeRecord;
use super::*;
use crate::model::NodeStatus;

/// Noise that is the same in each run of the test.
mod rand_like {
    use super::*;

    pub(super) struct Noise(TestRng);

    impl Noise {
        pub(super) fn new() -> Self {
            Self(TestRng::deterministic_rng(
                proptest::test_runner::RngAlgorithm::ChaCha,
            ))
        }

        /// A factor that is distributed log-normally, as durations are: a sum of twelve uniform values is almost normal.
        pub(super) fn factor(&mut self, sigma: f64) -> f64 {
            let uniform = |value: u32| f64::from(value) / f64::from(u32::MAX);
            let sum: f64 = (0..12).map(|_| uniform(self.0.next_u32())).sum();
            ((sum - 6.0) * sigma).exp()
        }
    }
}

pub(super) fn run(
    number: u128,
    nodes: impl IntoIterator<Item = (String, NodeStatus, f64)>,
) -> RunRecord {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds of a test"
    )]
    let milliseconds = |seconds: f64| (seconds * 1000.0) as u64;
    let nodes = nodes
        .into_iter()
        .map(|(id, status, seconds)| (id, NodeRecord(status, 0, milliseconds(seconds))));
    RunRecord {
        run_id: Uuid::from_u128(number),
        invocation_id: None,
        command: "build".to_owned(),
        selection: Uuid::nil(),
        started: Timestamp::UNIX_EPOCH,
        ended: Timestamp::UNIX_EPOCH,
        is_complete: true,
        url: None,
        nodes: nodes.collect(),
    }
}

/// Runs of one node that ended with these statuses, the last of them now.
fn of_statuses(statuses: &[&str]) -> Comparison {
    let runs: Vec<RunRecord> = (1..)
        .zip(statuses)
        .map(|(number, status)| run(number, [("test.shop.t".to_owned(), (*status).into(), 1.0)]))
        .collect();
    let (now, earlier) = runs.split_last().unwrap();
    compare(now, earlier)
}

#[test]
fn a_new_failure_a_fix_and_a_flaky_test_are_found() {
    let t = ["test.shop.t".to_owned()];
    let failing = of_statuses(&["pass", "skipped", "fail"]);
    assert_eq!(failing.newly_failing, t);
    assert_eq!((failing.fixed.len(), failing.flaky.len()), (0, 0));
    assert_eq!(
        of_statuses(&["fail", "fail"]),
        Comparison {
            runs: 1,
            slowdown: 1.0,
            ..Comparison::default()
        }
    );
    let fixed = of_statuses(&["pass", "error", "skipped", "warn"]);
    assert_eq!((&fixed.fixed[..], fixed.flaky.len()), (&t[..], 0));
    assert_eq!(of_statuses(&["pass", "fail", "pass", "fail"]).flaky, t);
    assert!(
        of_statuses(&["pass", "fail", "skipped"])
            .newly_failing
            .is_empty()
    );
    assert_eq!(of_statuses(&["fail"]).runs, 0);
}

#[test]
fn nodes_that_come_and_go_are_found() {
    let node = |id: &str| (id.to_owned(), NodeStatus::Success, 1.0);
    let earlier = [run(1, [node("a"), node("b")])];
    let mut now = run(2, [node("a"), node("c")]);
    let found = compare(&now, &earlier);
    assert_eq!(
        (found.new, found.gone),
        (vec!["c".to_owned()], vec!["b".to_owned()])
    );
    // Another selection, or a run that was stopped, has fewer nodes for another reason.
    now.is_complete = false;
    assert!(compare(&now, &earlier).gone.is_empty());
    now.is_complete = true;
    now.selection = Uuid::max();
    assert!(compare(&now, &earlier).gone.is_empty());
}

/// A run of 100 nodes of 0.05 to 5 seconds with noise of the run and of each node. `sigma` is that of each node.
fn noisy_by(noise: &mut Noise, number: u128, of_run: f64, sigma: impl Fn(u32) -> f64) -> RunRecord {
    let busy = noise.factor(of_run);
    let node = |at: u32| {
        let seconds = 0.05 * f64::from(at + 1) * busy * noise.factor(sigma(at));
        (format!("model.shop.m{at}"), NodeStatus::Success, seconds)
    };
    run(number, (0..100).map(node).collect::<Vec<_>>())
}

fn noisy(noise: &mut Noise, number: u128, sigma: f64) -> RunRecord {
    noisy_by(noise, number, sigma, |_| sigma)
}

const SLOW: &str = "model.shop.m40";

/// The run with a node that takes three times as long.
fn with_slow(mut run: RunRecord) -> RunRecord {
    run.nodes.get_mut(SLOW).unwrap().2 *= 3;
    run
}

fn last_20(runs: &[RunRecord]) -> &[RunRecord] {
    &runs[runs.len().saturating_sub(20)..]
}

#[test]
fn in_200_runs_of_noise_there_is_no_alarm_and_a_slow_node_is_found() {
    // How many of 38 slow nodes are not found in the first run, and how many are found in neither of two runs.
    for (sigma, most_once, most_twice) in [(0.03, 0, 0), (0.1, 0, 0), (0.2, 19, 4)] {
        let mut noise = Noise::new();
        let mut runs: Vec<RunRecord> = Vec::new();
        let (mut once, mut twice) = (0, 0);
        for number in 1..=200 {
            let now = noisy(&mut noise, number, sigma);
            let found = compare(&now, last_20(&runs));
            assert_eq!(found.lines(), [""; 0], "run {number}, noise {sigma}");
            if let Some((last, before)) =
                runs.split_last().filter(|_| number > 10 && number % 5 == 0)
            {
                let finds = |now: &RunRecord, earlier: &[RunRecord]| {
                    let found = compare(now, last_20(earlier)).slower;
                    assert!(found.iter().all(|node| node.unique_id == SLOW), "{found:?}");
                    !found.is_empty()
                };
                let first = with_slow(last.clone());
                let in_first = finds(&first, before);
                let slow_before = [before, &[first]].concat();
                let in_second = finds(&with_slow(now.clone()), &slow_before);
                once += u32::from(!in_first);
                twice += u32::from(!in_first && !in_second);
            }
            runs.push(now);
        }
        assert!(
            once <= most_once && twice <= most_twice,
            "{sigma}: {once}, {twice}"
        );
    }
}

#[test]
fn nodes_that_vary_more_than_others_cause_no_alarm() {
    let mut noise = Noise::new();
    let mut runs: Vec<RunRecord> = Vec::new();
    let sigma = |at: u32| if at.is_multiple_of(10) { 0.5 } else { 0.08 };
    for number in 1..=200 {
        let now = noisy_by(&mut noise, number, 0.3, sigma);
        let found = compare(&now, last_20(&runs));
        assert_eq!(found.slower, [], "run {number}");
        runs.push(now);
    }
}

#[test]
fn a_run_in_which_most_nodes_have_nothing_to_do_makes_no_other_node_slow() {
    let mut noise = Noise::new();
    let mut runs: Vec<RunRecord> = Vec::new();
    for number in 1..=200 {
        let mut now = noisy(&mut noise, number, 0.1);
        if number % 7 == 0 {
            let idle = now
                .nodes
                .iter_mut()
                .filter(|(id, _)| id.as_str() < "model.shop.m7");
            idle.for_each(|(_, node)| node.2 /= 10);
        }
        let found = compare(&now, last_20(&runs));
        assert_eq!(found.slower, [], "run {number}");
        runs.push(now);
    }
}

#[test]
fn a_busy_machine_is_no_slow_node() {
    let mut noise = Noise::new();
    let earlier: Vec<RunRecord> = (1..=20).map(|at| noisy(&mut noise, at, 0.1)).collect();
    let mut now = noisy(&mut noise, 21, 0.1);
    now.nodes.iter_mut().for_each(|(_, node)| node.2 *= 4);
    let found = compare(&now, &earlier);
    assert_eq!(found.slower, []);
    assert!(found.slowdown > 3.0);
}

#[test]
fn the_last_twenty_runs_are_kept_of_each_target() {
    let dir = tempfile::tempdir().unwrap();
    let project = crate::dbt::Project::find(Some(dir.path()), None, dir.path());
    let line = crate::dbt::CommandLine::parse(&["build", "--target", "../prod"]);
    let history = History::of(dir.path(), &project, &line, None);
    for number in 1..=25_u32 {
        let node = ("m".to_owned(), NodeStatus::Success, f64::from(number));
        history.save(&run(number.into(), [node])).unwrap();
    }
    let runs: Vec<RunRecord> = history.runs().collect();
    assert_eq!((runs.len(), runs[0].run_id), (20, Uuid::from_u128(6)));
    assert!(dir.path().join("history/~2e~2e~2fprod").is_dir());
}

proptest! {
    #[test]
    fn a_comparison_never_panics_and_each_node_has_one_verdict(
        statuses in proptest::collection::vec((0..4_usize, 0.0..100.0_f64), 1..30),
    ) {
        let names = ["success", "error", "skipped", "odd"];
        let runs: Vec<RunRecord> = (1..).zip(&statuses).map(|(number, (at, seconds))| {
            run(number, [("m".to_owned(), names[*at].into(), *seconds)])
        }).collect();
        let (now, earlier) = runs.split_last().unwrap();
        let found = compare(now, earlier);
        prop_assert!(found.newly_failing.is_empty() || found.fixed.is_empty());
        prop_assert!(found.gone.is_empty());
        let text = serde_json::to_string(now).unwrap();
        prop_assert_eq!(&serde_json::from_str::<RunRecord>(&text).unwrap(), now);
    }
}
