//! What a page shows and does.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::devtools::Browser;
use super::runs::{HOSTILE, Run};
use crate::variable;

fn start() -> Browser {
    let mut browser = Browser::start(&variable("PREFECT_DBT_TEST_CHROMIUM"));
    resize(&mut browser, 1280, false);
    browser
}

fn resize(browser: &mut Browser, width: u32, mobile: bool) {
    let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile});
    browser.call("Emulation.setDeviceMetricsOverride", size);
}

/// Where an image for people is written.
fn image(name: &str) -> PathBuf {
    let dir = PathBuf::from(variable("PREFECT_DBT_TEST_SCREENSHOTS"));
    std::fs::create_dir_all(&dir).expect("a folder");
    dir.join(format!("{name}.png"))
}

/// Fails if the page wrote to the console, had an error, asked for a file, or opened a dialog.
fn is_quiet(browser: &mut Browser, name: &str) {
    // What the page started has happened by then.
    browser.value("document.body.getBoundingClientRect().height");
    let loud = [
        "Runtime.consoleAPICalled",
        "Runtime.exceptionThrown",
        "Log.entryAdded",
        "Page.javascriptDialogOpening",
    ];
    let events = browser.events();
    let of = |method: &str| {
        events
            .iter()
            .filter(|event| event["method"] == *method)
            .collect::<Vec<_>>()
    };
    for method in loud {
        assert!(of(method).is_empty(), "{name}: {:?}", of(method));
    }
    // The only request is that for the page.
    assert_eq!(of("Network.requestWillBeSent").len(), 1, "{name}");
}

/// The text of each element that a selector finds.
fn texts(browser: &mut Browser, selector: &str) -> Vec<String> {
    let script = format!(
        "Array.from(document.querySelectorAll('{selector}'), (found) => found.textContent)"
    );
    serde_json::from_value(browser.value(&script)).expect("texts")
}

/// The numbers of the page are those of run_results.json.
fn has_the_numbers(browser: &mut Browser, run: &Run, name: &str) {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for (_, status) in run.nodes() {
        match counts.iter_mut().find(|(found, _)| *found == status) {
            Some((_, count)) => *count += 1,
            None => counts.push((status, 1)),
        }
    }
    counts.sort_unstable();
    let expected: Vec<String> = counts
        .iter()
        .map(|(status, count)| format!("{count} {status}"))
        .collect();
    assert_eq!(texts(browser, "[data-status]"), expected, "{name}");
    let all = run.nodes().count();
    assert_eq!(texts(browser, "#nodes"), [all.to_string()], "{name}");
    let rows = browser.value("Array.from(document.querySelectorAll('#rows tr'), (row) => [row.cells[0].textContent, row.cells[1].textContent])");
    let rows: Vec<(String, String)> = serde_json::from_value(rows).expect("rows");
    assert_eq!(rows.len(), all.min(300), "{name}");
    for row in &rows {
        assert!(
            run.nodes().any(|node| node == (&row.0, &row.1)),
            "{name}: {row:?}"
        );
    }
}

#[test]
fn a_page_shows_the_numbers_of_the_run_and_asks_for_nothing() {
    let mut browser = start();
    let runs = [
        ("small", Run::recorded("good")),
        ("failing", Run::recorded("model_fails").with_history()),
        ("large", Run::of_5000_nodes()),
    ];
    for (name, run) in runs {
        let file = run.page();
        println!(
            "{name}: {} KB",
            std::fs::metadata(&file).expect("a file").len() / 1024
        );
        browser.open(&file);
        is_quiet(&mut browser, name);
        has_the_numbers(&mut browser, &run, name);
        browser.screenshot(&image(name), true);
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        browser.call("Emulation.setEmulatedMedia", dark);
        browser.value("document.getElementById('chart').scrollIntoView({block: 'center'})");
        browser.screenshot(&image(&format!("{name}-dark")), false);
        browser.call(
            "Emulation.setEmulatedMedia",
            json!({"media": "print", "features": []}),
        );
        browser.screenshot(&image(&format!("{name}-print")), false);
        browser.call("Emulation.setEmulatedMedia", json!({"media": ""}));
        resize(&mut browser, 400, true);
        // Nothing is wider than a phone.
        assert_eq!(
            browser.value("document.documentElement.scrollWidth"),
            400,
            "{name}"
        );
        browser.screenshot(&image(&format!("{name}-narrow")), false);
        resize(&mut browser, 1280, false);
    }
}

#[test]
fn the_search_and_the_details_work_by_keyboard() {
    let run = Run::of_5000_nodes();
    let mut browser = start();
    browser.open(&run.page());
    let found = |browser: &mut Browser| texts(browser, "#found").concat();
    assert_eq!(
        found(&mut browser),
        "5000 of 5000 nodes, the first 300 are shown"
    );
    browser.press("/", "/");
    assert_eq!(browser.value("document.activeElement.id"), "search");
    browser.call("Input.insertText", json!({"text": "LAYER_03 model error"}));
    assert_eq!(found(&mut browser), "1 of 5000 nodes");
    let id = "model.wide.layer_03_model_037";
    assert_eq!(texts(&mut browser, "#rows td:first-child"), [id]);
    browser.press("Tab", "");
    browser.press("Enter", "\r");
    assert_eq!(browser.value("document.activeElement.id"), "details");
    assert_eq!(texts(&mut browser, "#details h3"), [id]);
    let details = texts(&mut browser, "#details").concat();
    for text in [
        "target/compiled/wide/models/layer_03_model_037.sql",
        "error of a node",
    ] {
        assert!(details.contains(text), "{details}");
    }
    browser.screenshot(&image("large-details"), false);
    // To the node above it.
    browser.press("Tab", "");
    browser.press("Enter", "\r");
    assert_eq!(
        texts(&mut browser, "#details h3"),
        ["model.wide.layer_02_model_037"]
    );
    browser.press("Escape", "");
    let back = "document.activeElement.textContent";
    assert_eq!(browser.value(back), id);
    is_quiet(&mut browser, "keyboard");
}

#[test]
fn hostile_texts_are_shown_and_do_nothing() {
    let run = Run::hostile();
    let mut browser = start();
    let file = run.page();
    let size = std::fs::metadata(&file).expect("a file").len();
    assert!(size < 300_000, "{size}");
    browser.open(&file);
    is_quiet(&mut browser, "hostile");
    assert_eq!(
        browser.value("[document.scripts.length, document.images.length, document.links.length]"),
        json!([2, 0, 0])
    );
    assert_eq!(browser.value("typeof window.hacked"), "undefined");
    let shown = HOSTILE.replace('\u{2028}', "\\u{2028}");
    assert_eq!(texts(&mut browser, ".failure pre")[0], shown);
    // The text is shown by the script, too.
    browser.value("document.querySelector('#rows button').click()");
    assert_eq!(texts(&mut browser, "#details pre").len(), 1);
    assert_eq!(
        browser.value("typeof window.hacked"),
        Value::from("undefined")
    );
    is_quiet(&mut browser, "hostile");
    browser.screenshot(&image("hostile"), false);
}
