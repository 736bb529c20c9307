//! A plan as text for people.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::console::{duration, printable};
use crate::plan::{Limit, PlannedNode, RunPlan};

/// How many reasons why the manifest is out of date are shown.
const MOST_STALE: usize = 10;
/// The narrowest column for a unique_id.
const NARROWEST: usize = 20;

/// The text of a plan, in lines of at most `width` columns if it is given.
pub(super) fn of(plan: &RunPlan, width: Option<usize>) -> String {
    let mut text = head(plan);
    if plan.nodes.is_empty() {
        return text + &stale(plan);
    }
    text.push_str(&table(plan, width));
    if plan.total_expected_s.is_some() {
        text.push_str(&critical_path(plan, width));
        text.push_str(&limit(plan));
        text.push_str(&source(plan));
    } else {
        text.push_str("\nThere is no history of this target: durations are known once `prefect-dbt invoke` has run.\n");
    }
    text + &stale(plan)
}

fn head(plan: &RunPlan) -> String {
    let RunPlan {
        command,
        nodes,
        threads,
        ..
    } = plan;
    let takes = plan
        .total_expected_s
        .map(|total| format!(", about {}", duration(total)));
    format!(
        "dbt {command}: {}, {}{}\n",
        count(nodes.len(), "node"),
        count(*threads, "thread"),
        takes.unwrap_or_default()
    )
}

fn table(plan: &RunPlan, width: Option<usize>) -> String {
    let places = plan.nodes.len().to_string().len();
    let rows = plan.nodes.iter().map(|node| {
        let (starts, takes) = match (node.starts_s, node.expected_s) {
            (Some(starts), Some(takes)) => (duration(starts), duration(takes)),
            _ => ("-".to_owned(), "-".to_owned()),
        };
        (node, starts, takes)
    });
    let mut text = format!(
        "\n{:>places$}  {:>9}  {:>9}  node\n",
        "#", "starts at", "takes"
    );
    for (node, starts, takes) in rows {
        let start = format!("{:>places$}  {starts:>9}  {takes:>9}  ", node.position);
        let room = width.map(|width| width.saturating_sub(start.len()));
        let _ = writeln!(text, "{start}{}", shortened(&label(node), room));
    }
    text
}

/// A node and, unless it was simply selected, why it runs.
fn label(node: &PlannedNode) -> String {
    let reason = match node.reason.as_str() {
        "selected" => String::new(),
        reason if reason.starts_with("unit test") => " (before its model)".to_owned(),
        reason => format!(" ({reason})"),
    };
    printable(&format!("{}{reason}", node.unique_id)).into_owned()
}

fn critical_path(plan: &RunPlan, width: Option<usize>) -> String {
    let nodes = plan.nodes.iter();
    let known = nodes.filter_map(|node| Some((node.unique_id.as_str(), node.expected_s?)));
    let known: HashMap<&str, f64> = known.collect();
    let path = plan.critical_path.iter();
    let path: Vec<(&str, Option<f64>)> = path
        .map(|id| (id.as_str(), known.get(id.as_str()).copied()))
        .collect();
    let whole: f64 = path.iter().filter_map(|(_, takes)| *takes).sum();
    let nodes = count(path.len(), "node");
    let mut text = format!("\nCritical path: {}, {nodes}\n", duration(whole));
    for (id, takes) in path {
        let takes = takes.map(duration).unwrap_or_default();
        let room = width.map(|width| width.saturating_sub(13));
        let _ = writeln!(text, "  {takes:>9}  {}", shortened(&printable(id), room));
    }
    text
}

fn limit(plan: &RunPlan) -> String {
    match &plan.limit {
        Limit::Unknown => String::new(),
        Limit::CriticalPath { slowest, share } => format!(
            "\nLimited by the critical path: more threads do not help. {} is {:.0} % of it.\n",
            printable(slowest),
            share * 100.0
        ),
        Limit::Threads { with_twice } => format!(
            "\nLimited by threads: with --threads {}, about {}.\n",
            plan.threads.max(1) * 2,
            duration(*with_twice)
        ),
    }
}

fn source(plan: &RunPlan) -> String {
    let unknown = match plan.unknown {
        0 => String::new(),
        one @ 1 => format!(
            "; {} has not run yet and counts as the median of its resource type",
            count(one, "node")
        ),
        many => format!(
            "; {} have not run yet and count as the median of their resource type",
            count(many, "node")
        ),
    };
    format!(
        "Durations: medians of at most 10 runs of each node, from the last {}{unknown}\n",
        count(plan.runs, "run")
    )
}

fn stale(plan: &RunPlan) -> String {
    if plan.stale.is_empty() {
        return String::new();
    }
    let mut text = "\nThe manifest may be out of date; `dbt parse` updates it:\n".to_owned();
    for reason in plan.stale.iter().take(MOST_STALE) {
        let _ = writeln!(text, "  {}", printable(reason));
    }
    if plan.stale.len() > MOST_STALE {
        let _ = writeln!(text, "  and {} more", plan.stale.len() - MOST_STALE);
    }
    text
}

fn count(number: usize, of: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {of}{s}")
}

/// The text without its middle if it is longer than `room`.
fn shortened(text: &str, room: Option<usize>) -> String {
    let length = text.chars().count();
    let room = room.unwrap_or(length).max(NARROWEST);
    if length <= room {
        return text.to_owned();
    }
    let before = room / 2;
    let after = room - before - 1;
    let start: String = text.chars().take(before).collect();
    let end: String = text.chars().skip(length - after).collect();
    format!("{start}…{end}")
}
