//! A page as Markdown.

use std::fmt::Write as _;

use super::run_page::{MOST_FAILURES, Page, PageNode};
use crate::console::printable;

/// How many bytes of a message are shown.
const LONGEST_MESSAGE: usize = 2000;
/// How many names a list has.
const MOST_NAMES: usize = 10;

/// The page as Markdown. Texts of dbt cannot change its structure, nor control a terminal.
pub(crate) fn markdown(page: &Page) -> String {
    let mut text = format!("# dbt {}: {}\n\n", line(&page.command), line(&page.state));
    text.push_str(&numbers(page));
    if let Some(message) = &page.message {
        let _ = write!(text, "\n{}\n", fenced(message));
    }
    text.push_str(&failures(page));
    text.push_str(&comparison(page));
    text.push_str(&table(page, "Critical path", &page.critical_path));
    text.push_str(&table(page, "Slowest nodes", &page.slowest));
    printable(&text).into_owned()
}

fn numbers(page: &Page) -> String {
    let counts = page
        .counts
        .iter()
        .map(|(status, count)| format!("{count} {}", line(status)));
    let counts: Vec<String> = counts.collect();
    let mut text = format!("- nodes: {}", page.nodes.len());
    if !counts.is_empty() {
        let _ = write!(text, " ({})", counts.join(", "));
        let _ = write!(text, "\n- nodes at the same time, at most: {}", page.lanes);
        let _ = write!(text, "\n- duration: {:.1} s", page.seconds);
    }
    text.push('\n');
    if let Some(started) = page.started {
        let _ = writeln!(text, "- started: {started:.0}");
    }
    if let Some(link) = &page.link {
        let _ = writeln!(text, "- Prefect: <{link}>");
    }
    text
}

fn failures(page: &Page) -> String {
    let mut text = String::new();
    if !page.failures.is_empty() {
        text.push_str("\n## Failures\n");
    }
    let failed = page.nodes.iter().filter(|node| node.is_failure);
    failed
        .take(MOST_FAILURES)
        .for_each(|node| text.push_str(&failure(node)));
    if page.failures.len() > MOST_FAILURES {
        let _ = write!(
            text,
            "\n{} more failures are not shown.\n",
            page.failures.len() - MOST_FAILURES
        );
    }
    if !page.retry.is_empty() {
        let _ = write!(text, "\nA retry would run {}.\n", names(&page.retry));
    }
    text
}

fn failure(node: &PageNode) -> String {
    let mut text = format!(
        "\n### {}: {}\n\n",
        code(&node.unique_id),
        line(node.status_text())
    );
    if let Some(rows) = node.failed_rows {
        let _ = writeln!(text, "- failed rows: {rows}");
    }
    if let Some(path) = &node.compiled_path {
        let _ = writeln!(text, "- compiled code: {}", code(path));
    }
    if !node.skipped_below.is_empty() {
        let _ = writeln!(text, "- skipped below: {}", names(&node.skipped_below));
    }
    if let Some(at) = node.last_success {
        let _ = writeln!(text, "- last success: {at}");
    }
    if let Some(message) = &node.message {
        let _ = write!(text, "\n{}\n", fenced(message));
    }
    text
}

fn comparison(page: &Page) -> String {
    let Some(found) = &page.comparison else {
        return String::new();
    };
    let mut text = format!("\n## Compared with {}\n\n", Page::compared_with(found));
    let slower: Vec<String> = found
        .slower
        .iter()
        .map(|node| node.unique_id.clone())
        .collect();
    let lists = [
        ("newly failing", &found.newly_failing),
        ("fixed", &found.fixed),
        ("flaky", &found.flaky),
        ("slower than usual", &slower),
        ("new", &found.new),
        ("gone", &found.gone),
    ];
    let before = text.len();
    for (title, ids) in lists.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        let _ = writeln!(text, "- {title}: {}", names(ids));
    }
    if text.len() == before {
        text.push_str("Nothing is unusual.\n");
    }
    text
}

fn table(page: &Page, title: &str, ids: &[String]) -> String {
    let nodes = ids.iter().filter_map(|id| page.node(id));
    let rows = nodes.map(|node| {
        let seconds = node.seconds.map(|seconds| format!("{seconds:.2}"));
        format!(
            "| {} | {} | {} |\n",
            code(&node.unique_id),
            line(node.status_text()),
            seconds.unwrap_or_default()
        )
    });
    let rows: String = rows.collect();
    match rows.is_empty() {
        true => rows,
        false => {
            format!("\n## {title}\n\n| node | status | seconds |\n| --- | --- | ---: |\n{rows}")
        }
    }
}

fn names(ids: &[String]) -> String {
    let mut shown: Vec<String> = ids.iter().take(MOST_NAMES).map(|id| code(id)).collect();
    if ids.len() > shown.len() {
        shown.push(format!("{} more", ids.len() - shown.len()));
    }
    shown.join(", ")
}

/// A text in one line, in which nothing is Markdown or HTML.
fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\r' | '\t' => shown.push(' '),
            char if char.is_ascii_punctuation() && !"-.,:=+".contains(char) => {
                shown.push('\\');
                shown.push(char);
            }
            char => shown.push(char),
        }
    }
    shown
}

/// A name as code. A name of dbt has no backtick; of any other, it is replaced.
fn code(text: &str) -> String {
    let plain = text.replace(['\n', '\r', '`'], "'").replace('|', "\\|");
    format!("`{plain}`")
}

/// A message as a block that it cannot end itself.
fn fenced(message: &str) -> String {
    let mut end = message.len().min(LONGEST_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let cut = if end < message.len() { "\n[...]" } else { "" };
    let shown = &message[..end];
    let longest = shown
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{shown}{cut}\n{fence}")
}
