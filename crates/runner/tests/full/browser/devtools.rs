//! Chromium, driven by its DevTools protocol over pipes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long an answer may take. A browser that does not answer must not block the tests.
const PATIENCE: Duration = Duration::from_secs(120);
/// Gives a program its standard input and output as file descriptors 3 and 4, on which Chromium expects the protocol.
const ON_PIPES: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"#;

/// A browser with one empty page.
pub(super) struct Browser {
    process: Child,
    requests: ChildStdin,
    messages: Receiver<Value>,
    /// Events that arrived while an answer was awaited.
    events: Vec<Value>,
    session: Option<Value>,
    last_id: u64,
    _profile: TempDir,
}

impl Browser {
    /// Starts the program `chromium`.
    pub(super) fn start(chromium: &str) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let mut process = Command::new("sh")
            .args(["-c", ON_PIPES, chromium])
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox"])
            .args(["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let requests = process.stdin.take().expect("a pipe");
        let messages = read(process.stdout.take().expect("a pipe"));
        let mut browser = Self {
            process,
            requests,
            messages,
            events: Vec::new(),
            session: None,
            last_id: 0,
            _profile: profile,
        };
        let page = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": page["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach);
        browser.session = Some(attached["sessionId"].clone());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Calls a method, and waits for its result.
    pub(super) fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = session.clone();
        }
        write!(self.requests, "{message}\0").expect("the browser listens");
        loop {
            let mut answer = self.next(method);
            if answer["id"] == self.last_id {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    /// Opens a file, and waits until it is loaded. Gives the events until then.
    pub(super) fn open(&mut self, file: &Path) -> Vec<Value> {
        self.events.clear();
        let url = format!("file://{}", file.display());
        self.call("Page.navigate", json!({"url": url}));
        while !self
            .events
            .iter()
            .any(|event| event["method"] == "Page.loadEventFired")
        {
            let event = self.next("load");
            self.events.push(event);
        }
        self.events.clone()
    }

    /// The events since the last page was opened.
    pub(super) fn events(&self) -> &[Value] {
        &self.events
    }

    /// The value of an expression of JavaScript.
    pub(super) fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let mut result = self.call("Runtime.evaluate", params);
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].take()
    }

    /// Presses a key, such as `Tab`. `text` is what it types, if anything.
    pub(super) fn press(&mut self, key: &str, text: &str) {
        let code = match key {
            "Enter" => 13,
            "Tab" => 9,
            _ => 0,
        };
        let mut params = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
        if !text.is_empty() {
            params["text"] = json!(text);
        }
        self.call("Input.dispatchKeyEvent", params.clone());
        params["type"] = json!("keyUp");
        self.call("Input.dispatchKeyEvent", params);
    }

    /// Writes an image of the page, or of its first screen.
    pub(super) fn screenshot(&mut self, file: &Path, whole: bool) {
        let params = json!({"captureBeyondViewport": whole});
        let image = self.call("Page.captureScreenshot", params);
        let bytes = STANDARD.decode(image["data"].as_str().expect("an image"));
        std::fs::write(file, bytes.expect("base64")).expect("it can be written");
    }

    fn next(&self, waits_for: &str) -> Value {
        let message = self.messages.recv_timeout(PATIENCE);
        message.unwrap_or_else(|error| panic!("{waits_for}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends its other processes.
        let _ = write!(
            self.requests,
            "{}\0",
            json!({"id": 0, "method": "Browser.close"})
        );
        let _ = self.process.wait();
    }
}

/// Reads messages, which end with a NUL, on a thread.
fn read(answers: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for message in BufReader::new(answers).split(0).map_while(Result::ok) {
            let message = serde_json::from_slice(&message).expect("JSON");
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}
