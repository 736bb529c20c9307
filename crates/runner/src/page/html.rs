//! A page as one HTML file that loads nothing and runs nothing but its own script.
//!
//! Texts of dbt cannot change the page: each is escaped where it is HTML, and `<` is escaped in the JSON. What would still get
//! through could do nothing: the policy of the page allows one script and one style, by their hashes.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::run_page::{MOST_FAILURES, Page, PageNode};
use crate::console::{duration, printable};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// How many bytes of a message are shown.
const LONGEST_MESSAGE: usize = 20_000;
/// How many nodes a list names.
const MOST_NAMES: usize = 50;
/// How many failures are above the chart; the others open on demand.
const OPEN_FAILURES: usize = 5;
/// How many names of a list are always shown.
const FEW_NAMES: usize = 5;

/// The page as HTML.
pub(crate) fn html(page: &Page) -> String {
    let mut shown = page.clone();
    for node in &mut shown.nodes {
        node.message = node.message.take().map(|message| cut(&message));
    }
    let page = &shown;
    let title = format!("dbt {}: {}", page.command, page.state);
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{}{}{}{}{}{}{TABLE}</main>\n\
         <script type=\"application/json\" id=\"data\">{}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(&title),
        head(page),
        failures(page),
        CHART,
        comparison(page),
        list(
            page,
            "Critical path",
            "The node that ended last, before it the one that it waited for longest, and so on.",
            &page.critical_path
        ),
        list(page, "Slowest nodes", "The slowest first.", &page.slowest),
        data(page),
    )
}

const CHART: &str = "<section aria-labelledby=\"over-time\"><h2 id=\"over-time\">Nodes over time</h2>\n\
    <p>Nodes in one line ran one after another. Striped: not a success. Framed: critical path.</p>\n\
    <svg id=\"chart\" role=\"img\" aria-label=\"Nodes over time; the table below has the same times\">\
    <defs><pattern id=\"stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
    <path d=\"M 0 0 V 6\"/></pattern></defs></svg></section>\n";

const TABLE: &str = "<section aria-labelledby=\"all\"><h2 id=\"all\">All nodes</h2>\n\
    <p class=\"screen\"><label>Search <input id=\"search\" type=\"search\" autocomplete=\"off\"></label> (press / to search, \
    choose a node for details, Escape to go back)</p>\n<p id=\"found\" role=\"status\"></p>\n\
    <div id=\"details\" tabindex=\"-1\" role=\"region\" aria-label=\"Details of a node\" hidden></div>\n\
    <table><thead><tr><th scope=\"col\">node</th><th scope=\"col\">status</th><th scope=\"col\" class=\"number\">starts at (s)</th>\
    <th scope=\"col\" class=\"number\">seconds</th></tr></thead><tbody id=\"rows\"></tbody></table></section>\n";

fn head(page: &Page) -> String {
    let class = if page.failures.is_empty() {
        "good"
    } else {
        "failed"
    };
    let mut text = format!(
        "<header><h1>dbt {}</h1>\n<p><strong id=\"state\" class=\"{class}\">{}</strong></p>\n<dl>",
        escaped(&page.command),
        escaped(&page.state)
    );
    let mut add = |name: &str, value: &str| {
        let _ = write!(text, "<dt>{name}</dt><dd>{value}</dd>");
    };
    let counts = page.counts.iter().map(|(status, count)| {
        format!(
            "<span data-status=\"{0}\">{count} {0}</span>",
            escaped(status)
        )
    });
    let counts: Vec<String> = counts.collect();
    let nodes = format!("<span id=\"nodes\">{}</span>", page.nodes.len());
    if counts.is_empty() {
        add("Nodes", &nodes);
    } else {
        add("Nodes", &format!("{nodes} ({})", counts.join(", ")));
        add("At the same time", &format!("at most {}", page.lanes));
        add("Duration", &duration(page.seconds));
    }
    if let Some(started) = page.started {
        add("Started", &time(started));
    }
    if let Some(id) = &page.run_id {
        add("Run", &id.to_string());
    }
    if let Some(id) = &page.invocation_id {
        add("dbt's invocation", &escaped(id));
    }
    if let Some(link) = &page.link {
        let link = escaped(link);
        add(
            "Prefect",
            &format!("<a rel=\"noreferrer\" href=\"{link}\">{link}</a>"),
        );
    }
    text.push_str("</dl></header>\n");
    if let Some(message) = &page.message {
        let _ = writeln!(text, "<pre>{}</pre>", escaped(&cut(message)));
    }
    text
}

fn failures(page: &Page) -> String {
    if page.retry.is_empty() {
        return String::new();
    }
    let mut text =
        "<section aria-labelledby=\"failures\"><h2 id=\"failures\">Failures</h2>\n".to_owned();
    let failed = page.nodes.iter().filter(|node| node.is_failure);
    let cards: Vec<String> = failed.take(MOST_FAILURES).map(failure).collect();
    let (open, folded) = cards.split_at(cards.len().min(OPEN_FAILURES));
    text.push_str(&open.concat());
    if !folded.is_empty() {
        let (count, folded) = (folded.len(), folded.concat());
        let _ = writeln!(
            text,
            "<details><summary>{count} more failures</summary>\n{folded}</details>"
        );
    }
    if page.failures.len() > MOST_FAILURES {
        let _ = writeln!(
            text,
            "<p>{} more are in the table.</p>",
            page.failures.len() - MOST_FAILURES
        );
    }
    text.push_str(&retry(&page.retry));
    text.push_str("</section>\n");
    text
}

/// The nodes that a retry would run; a long list opens on demand.
fn retry(ids: &[String]) -> String {
    let names = names(ids);
    match ids.len() {
        0..=FEW_NAMES => format!("<p>A retry would run {names}.</p>"),
        count => format!(
            "<details><summary>A retry would run {count} nodes</summary><p>{names}</p></details>"
        ),
    }
}

fn failure(node: &PageNode) -> String {
    let mut text = format!(
        "<article class=\"failure\"><h3>{}</h3><dl><dt>Status</dt><dd>{}</dd>",
        escaped(&node.unique_id),
        escaped(node.status_text())
    );
    let facts = [
        ("Failed rows", node.failed_rows.map(|rows| rows.to_string())),
        ("Compiled code", node.compiled_path.as_deref().map(code)),
        (
            "Skipped below",
            Some(&node.skipped_below)
                .filter(|ids| !ids.is_empty())
                .map(|ids| names(ids)),
        ),
        ("Last success", node.last_success.map(time)),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            let _ = write!(text, "<dt>{name}</dt><dd>{value}</dd>");
        }
    }
    text.push_str("</dl>");
    if let Some(message) = &node.message {
        let _ = write!(text, "<pre>{}</pre>", escaped(message));
    }
    text.push_str("</article>\n");
    text
}

fn comparison(page: &Page) -> String {
    let Some(found) = &page.comparison else {
        return String::new();
    };
    let slower = found.slower.iter().map(|node| {
        format!(
            "{} {:.1} s (usually {:.1} s)",
            code(&node.unique_id),
            node.seconds,
            node.usual
        )
    });
    let slower: Vec<String> = slower.collect();
    let of = |ids: &[String]| Some(ids).filter(|ids| !ids.is_empty()).map(names);
    let lists = [
        ("Newly failing", of(&found.newly_failing)),
        ("Fixed", of(&found.fixed)),
        ("Flaky", of(&found.flaky)),
        (
            "Slower than usual",
            Some(slower.join(", ")).filter(|text| !text.is_empty()),
        ),
        ("New", of(&found.new)),
        ("Gone", of(&found.gone)),
    ];
    let lists = lists
        .into_iter()
        .filter_map(|(name, list)| Some(format!("<dt>{name}</dt><dd>{}</dd>", list?)));
    let lists: String = lists.collect();
    let body = match lists.is_empty() {
        true => "<p>Nothing is unusual.</p>".to_owned(),
        false => format!("<dl>{lists}</dl>"),
    };
    format!(
        "<section aria-labelledby=\"compared\"><h2 id=\"compared\">Compared with {}</h2>\n{body}</section>\n",
        Page::compared_with(found)
    )
}

fn list(page: &Page, title: &str, about: &str, ids: &[String]) -> String {
    let nodes = ids.iter().filter_map(|id| page.node(id)).take(MOST_NAMES);
    let rows = nodes.map(|node| {
        let digits = if page.seconds < 10.0 { 3 } else { 2 };
        let seconds = node.seconds.map(|seconds| format!("{seconds:.digits$}"));
        format!(
            "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td></tr>",
            escaped(&node.unique_id),
            escaped(node.status_text()),
            seconds.unwrap_or_default()
        )
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<section><h2>{title}</h2>\n<p>{about}</p>\n<table><thead><tr><th scope=\"col\">node</th><th scope=\"col\">status</th>\
         <th scope=\"col\" class=\"number\">seconds</th></tr></thead><tbody>{rows}</tbody></table></section>\n"
    )
}

fn names(ids: &[String]) -> String {
    let mut shown: Vec<String> = ids.iter().take(MOST_NAMES).map(|id| code(id)).collect();
    if ids.len() > shown.len() {
        shown.push(format!("{} more", ids.len() - shown.len()));
    }
    shown.join(", ")
}

/// A time to the second, in UTC.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// The values of the page as JSON that cannot end its element: `<` occurs only in texts, where an escape means the same.
fn data(page: &Page) -> String {
    serde_json::json!(page).to_string().replace('<', "\\u003c")
}

/// A text that is only text, in elements and in attributes with double quotes. It cannot control a terminal either.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in printable(text).chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            char => safe.push(char),
        }
    }
    safe
}

/// The beginning of a long text.
fn cut(text: &str) -> String {
    if text.len() <= LONGEST_MESSAGE {
        return text.to_owned();
    }
    let mut end = LONGEST_MESSAGE;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\n[{} more bytes]", &text[..end], text.len() - end)
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}
