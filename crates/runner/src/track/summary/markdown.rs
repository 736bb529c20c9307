//! The text of the summary: the Markdown artifact that Prefect shows.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{MOST_NAMES, Summary, failed, healed_line, stopped_line};
use crate::model::{NodeResult, NodeStatus, RunSummary, State};
use crate::track::tracked_run::TrackedRun;

/// How many failures, and how many warnings, are listed.
const MOST_RESULTS: usize = 50;
/// How many characters of a failure's message are shown.
const LONGEST_MESSAGE: usize = 2_000;
/// How many of the slowest nodes are listed.
const SLOWEST: usize = 10;

/// The summary of a run that ended in `state`: how many nodes ended with each status, what failed and why, what was
/// skipped because of it, and what took longest. `compared` are lines of Markdown that compare it with earlier runs. `None` for a successful run without nodes.
#[must_use]
pub fn markdown(
    command: &str,
    args: &[String],
    state: &State,
    run: &TrackedRun,
    compared: &[String],
) -> Option<RunSummary> {
    if run.nodes.is_empty() && run.dbt_error.is_none() {
        return None;
    }
    let summary = Summary::new(run, SLOWEST);
    let mut text = format!("# dbt {command}\n\n**{}**", state.name);
    if let Some(seconds) = summary.seconds {
        put(&mut text, format_args!(" after {seconds:.1} s"));
    }
    put(
        &mut text,
        format_args!(": {}\n", code(&format!("dbt {}", args.join(" ")))),
    );
    put_counts(&mut text, &summary.counts);
    for line in compared {
        put(&mut text, format_args!("\n{line}\n"));
    }
    if let Some(line) = healed_line(run) {
        put(&mut text, format_args!("\n{line}\n"));
    }
    if let Some(line) = stopped_line(run) {
        put(&mut text, format_args!("\n{line}\n"));
    }
    put_failures(&mut text, run);
    put_warnings(&mut text, run);
    put_skipped(&mut text, run);
    put_slowest(&mut text, &summary.slowest);
    Some(RunSummary {
        key: artifact_key(command),
        markdown: text,
    })
}

/// `dbt-source-freshness-summary`: Prefect accepts lower-case letters, digits and dashes.
fn artifact_key(command: &str) -> String {
    let dashed = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_lowercase() || c.is_ascii_digit() => c,
        _ => '-',
    };
    format!(
        "dbt-{}-summary",
        command.chars().map(dashed).collect::<String>()
    )
}

fn put_counts(text: &mut String, counts: &BTreeMap<String, usize>) {
    if counts.is_empty() {
        return;
    }
    text.push_str("\n| status | nodes |\n|---|---:|\n");
    for (status, count) in counts {
        put(text, format_args!("| {status} | {count} |\n"));
    }
    let all: usize = counts.values().sum();
    put(text, format_args!("| **all** | **{all}** |\n"));
}

fn put_failures(text: &mut String, run: &TrackedRun) {
    let failures: Vec<&NodeResult> = failed(run).map(|node| &node.result).collect();
    if failures.is_empty() {
        if let Some(error) = &run.dbt_error {
            put(
                text,
                format_args!("\n## Why dbt could not run\n\n{}", block(error)),
            );
        }
        return;
    }
    put_results(text, "Failures", &failures);
}

/// The nodes that gave a warning, with its reason.
fn put_warnings(text: &mut String, run: &TrackedRun) {
    let is_warning = |result: &&NodeResult| result.status == NodeStatus::Warn;
    let warnings: Vec<&NodeResult> = run.results().filter(is_warning).collect();
    if !warnings.is_empty() {
        put_results(text, "Warnings", &warnings);
    }
}

fn put_results(text: &mut String, title: &str, results: &[&NodeResult]) {
    put(text, format_args!("\n## {title}\n"));
    for result in results.iter().take(MOST_RESULTS) {
        let name = code(&result.unique_id);
        put(text, format_args!("\n### {name}: {}\n\n", result.status));
        if let Some(message) = &result.message {
            text.push_str(&block(message));
        }
    }
    if results.len() > MOST_RESULTS {
        let more = results.len() - MOST_RESULTS;
        put(text, format_args!("\nand {more} more\n"));
    }
}

fn put_skipped(text: &mut String, run: &TrackedRun) {
    let mut skipped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for result in run.results() {
        if let Some(cause) = &result.skipped_because_of {
            skipped.entry(cause).or_default().push(&result.unique_id);
        }
    }
    if skipped.is_empty() {
        return;
    }
    text.push_str("\n## Skipped\n\n| because of | nodes | |\n|---|---:|---|\n");
    for (cause, nodes) in skipped {
        let mut names: Vec<String> = nodes
            .iter()
            .take(MOST_NAMES)
            .map(|name| cell(name))
            .collect();
        if nodes.len() > MOST_NAMES {
            names.push(format!("and {} more", nodes.len() - MOST_NAMES));
        }
        let (cause, count) = (cell(cause), nodes.len());
        put(
            text,
            format_args!("| {cause} | {count} | {} |\n", names.join(", ")),
        );
    }
}

fn put_slowest(text: &mut String, slowest: &[(String, f64)]) {
    if slowest.is_empty() {
        return;
    }
    text.push_str("\n## Slowest nodes\n\n| node | seconds |\n|---|---:|\n");
    for (name, seconds) in slowest {
        put(text, format_args!("| {} | {seconds:.2} |\n", cell(name)));
    }
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(what);
}

/// Inline code.
fn code(text: &str) -> String {
    format!("`{}`", text.replace(['\n', '\r'], " ").replace('`', "'"))
}

/// Inline code in a table, where `|` needs an escape.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A code block, with a fence that is longer than any in the text.
fn block(message: &str) -> String {
    let mut shown: String = message.chars().take(LONGEST_MESSAGE).collect();
    if shown.len() < message.len() {
        shown.push('…');
    }
    let mut fence = "```".to_owned();
    while shown.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}text\n{}\n{fence}\n", shown.trim_end())
}

#[cfg(test)]
mod tests;
