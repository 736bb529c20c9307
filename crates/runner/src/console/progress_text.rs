//! The text of the progress line.

use jiff::Timestamp;

use super::duration::duration;
use super::printable::printable;
use super::progress::{ExpectedRest, RunningNode, ShownProgress};

/// The least room for the name of a node, in columns.
const SHORTEST_NAME: usize = 12;
/// The least time left that is shown, in seconds.
const SHORTEST_REST: f64 = 1.0;
/// The sign for what is left out of a name.
const LEFT_OUT: &str = "...";

/// The progress at a time, in one line of at most `width` columns: what is done, how long it took, how long the rest is
/// expected to take, and the nodes that run, those that run longest first.
pub(super) fn text(progress: &ShownProgress, now: Timestamp, width: usize) -> String {
    let mut text = head(progress, now, width);
    add_nodes(&mut text, &progress.running, now, width);
    text
}

/// The parts before the nodes. Of a narrow terminal, the time left gets the room first.
fn head(progress: &ShownProgress, now: Timestamp, width: usize) -> String {
    let rest = progress
        .rest
        .map(|rest| left(rest, &progress.running, now))
        .filter(|left| *left >= SHORTEST_REST)
        .map(|left| format!("about {} left", duration(left)));
    let failed = (progress.failed > 0).then(|| format!("{} failed", progress.failed));
    let took = progress.started.map(|started| clock(seconds(started, now)));
    let (done, rest) = (Some(done(progress)), rest);
    let choices = [
        [&done, &failed, &took, &rest],
        [&done, &failed, &rest, &None],
        [&done, &failed, &None, &None],
        [&done, &None, &None, &None],
    ];
    let texts = choices.map(|parts| {
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join(", ")
    });
    let fits = texts.into_iter().find(|text| columns(text) <= width);
    fits.unwrap_or_default()
}

fn done(progress: &ShownProgress) -> String {
    let done = progress.done;
    match progress.total {
        Some(total) => format!("{done} of {total} done"),
        None if done == 0 && progress.running.is_empty() => "dbt starts".to_owned(),
        None => format!("{done} done"),
    }
}

/// How many seconds the rest of the run is expected to take: its share of the run before, and at least as long as each node
/// that runs now.
fn left(rest: ExpectedRest, running: &[RunningNode], now: Timestamp) -> f64 {
    let of_nodes = running
        .iter()
        .map(|node| (node.expected, seconds(node.since, now)));
    let longest = of_nodes
        .clone()
        .map(|(expected, elapsed)| expected - elapsed)
        .fold(0.0, f64::max);
    let elapsed: f64 = of_nodes
        .map(|(expected, elapsed)| elapsed.min(expected))
        .sum();
    ((rest.seconds - elapsed) * rest.scale).max(longest)
}

/// Adds as many nodes as there is room for, and the number of the others. The first is shortened if it must be.
fn add_nodes(text: &mut String, running: &[RunningNode], now: Timestamp, width: usize) {
    for (place, node) in running.iter().enumerate() {
        let separator = if place == 0 { ": " } else { ", " };
        let others = running.len() - place - 1;
        let more = match others {
            0 => String::new(),
            others => format!(", {others} more"),
        };
        let time = format!(" {}", clock(seconds(node.since, now)));
        let taken = columns(text) + separator.len() + time.len() + more.len();
        let name = one_line(&node.name);
        let room = width.checked_sub(taken);
        let least = columns(&name).min(if place == 0 {
            SHORTEST_NAME
        } else {
            usize::MAX
        });
        let Some(room) = room.filter(|room| *room >= least) else {
            // There was room for this when the node before was added.
            if place > 0 {
                text.push_str(&format!(", {} more", others + 1));
            }
            return;
        };
        text.push_str(separator);
        text.push_str(&shortened(&name, room));
        text.push_str(&time);
    }
}

/// A name without characters that move the cursor.
fn one_line(name: &str) -> String {
    printable(name).replace(['\n', '\t'], " ")
}

/// The columns that a text takes at most: outside ASCII, a character can take two.
fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(char: char) -> usize {
    if char.is_ascii() { 1 } else { 2 }
}

/// A text without its middle, if it takes more than `room` columns.
fn shortened(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(LEFT_OUT.len());
    let start = taken(text.chars(), kept / 2);
    let end = taken(text.chars().rev(), kept - kept / 2);
    let end: String = end.chars().rev().collect();
    format!("{start}{LEFT_OUT}{end}")
}

/// The first characters that take at most `room` columns.
fn taken(chars: impl Iterator<Item = char>, room: usize) -> String {
    let mut left = room;
    let fits = |char: &char| {
        let columns = columns_of(*char);
        let fits = columns <= left;
        left = left.saturating_sub(columns);
        fits
    };
    chars.take_while(fits).collect()
}

/// The seconds between two times; 0 if a clock was changed in between.
fn seconds(from: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(from).as_secs_f64().max(0.0)
}

/// The time since the start: `0:05`, `12:30`, `1:02:03`.
fn clock(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "durations are positive"
    )]
    let whole = seconds as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole % 3600 / 60, whole % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use jiff::SignedDuration;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::progress::Progress;
    use super::*;
    use crate::model::{Effect, ExpectedRun, NodeEnd, NodeResult, State, StateKind, TaskRun};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn task(number: u128, name: &str, start: i64) -> TaskRun {
        TaskRun {
            id: Uuid::from_u128(number),
            unique_id: name.to_owned(),
            dynamic_key: String::new(),
            name: name.to_owned(),
            start_time: at(start),
            wait_for: Vec::new(),
            labels: BTreeMap::new(),
            earlier: None,
        }
    }

    fn expected(seconds: f64, nodes: &[(&str, f64)]) -> Arc<ExpectedRun> {
        let nodes = nodes
            .iter()
            .map(|(id, seconds)| ((*id).to_owned(), *seconds));
        Arc::new(ExpectedRun {
            run_id: Uuid::nil(),
            seconds,
            nodes: nodes.collect(),
        })
    }

    /// A run of four nodes, of which one has failed and two run; the second has run for a minute.
    fn progress(names: [&str; 2]) -> ShownProgress {
        let mut progress = Progress::default();
        progress.begin(at(0));
        progress.count(&Effect::Total(4));
        let failed = NodeEnd {
            state: State {
                kind: StateKind::Failed,
                name: "Failed".to_owned(),
                message: None,
            },
            end_time: at(5),
            result: NodeResult::default(),
        };
        progress.count(&Effect::NodeFinished(task(1, "seed people", 1), failed));
        progress.expect(&expected(
            100.0,
            &[
                ("seed people", 50.0),
                (names[0], 90.0),
                (names[1], 10.0),
                ("rest", 50.0),
            ],
        ));
        progress.count(&Effect::NodeRunning(task(2, names[0], 10)));
        progress.count(&Effect::NodeRunning(task(3, names[1], 65)));
        progress.shown()
    }

    #[test]
    fn the_line_fits_the_terminal() {
        let long = "model dim_customers_with_a_name_that_is_longer_than_any_line_of_a_terminal_could_be_v2";
        let cases = [
            ["model orders", "test not_null_orders_id"],
            [long, "model orders"],
            [
                "model 顧客の一覧表を作るためのとても長い名前のモデル",
                "model größe",
            ],
        ];
        let mut lines = Vec::new();
        for names in cases {
            for width in [120, 80, 40, 20, 5] {
                lines.push(format!(
                    "{width:>3} |{}|",
                    text(&progress(names), at(70), width)
                ));
            }
        }
        lines.push(text(&ShownProgress::default(), at(0), 80));
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn the_time_left_is_that_of_the_history() {
        let shown = progress(["a", "b"]);
        let left = |now: i64| left(shown.rest.unwrap(), &shown.running, at(now));
        // 150 of 200 seconds of nodes are left, 65 of them run already; a run takes half as long as its nodes.
        assert_eq!(left(70), (150.0 - 65.0) / 2.0);
        // A node that takes longer than expected does not shorten the rest.
        assert_eq!(left(1000), 25.0);
        // The run is not over before the slowest node is.
        assert_eq!(left(10), 90.0);
    }

    proptest! {
        #[test]
        fn no_line_is_longer_than_the_terminal(
            names in prop::collection::vec("\\PC*", 0..6), width in 0_usize..200, done in any::<u32>(), now in -10_i64..100_000,
        ) {
            let mut progress = Progress::default();
            progress.begin(at(0));
            progress.count(&Effect::Total(done));
            for (number, name) in (1..).zip(&names) {
                progress.count(&Effect::NodeRunning(task(number, name, 1)));
            }
            let line = text(&progress.shown(), at(now), width);
            prop_assert!(columns(&line) <= width, "{line}");
            prop_assert!(!line.contains(char::is_control));
        }
    }
}
