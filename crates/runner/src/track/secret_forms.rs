//! The forms in which programs print a secret.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter lines of a secret are braces and the like, which would be masked everywhere.
const SHORTEST_LINE: usize = 8;
/// Shorter pieces of base64 are found in other texts.
const SHORTEST_BASE64: usize = 8;

/// A secret as it is, as a literal of Python, JSON and HTML, URL-encoded, as base64, and, since output comes in lines, each
/// longer line of it.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let mut forms = literals(secret);
    forms.extend(markup(secret));
    forms.extend(url_encoded(secret));
    forms.extend(base64(secret));
    if secret.contains('\n') {
        let lines = secret.lines().map(str::trim);
        let long = lines.filter(|line| line.len() >= SHORTEST_LINE);
        forms.extend(long.map(str::to_owned));
    }
    forms.push(secret.to_owned());
    forms
}

/// As literals of Python and JSON; JSON also without characters beyond ASCII, or without those that HTML reserves.
fn literals(secret: &str) -> Vec<String> {
    let python = secret
        .replace('\\', r"\\")
        .replace('\n', r"\n")
        .replace('\r', r"\r")
        .replace('\t', r"\t");
    let json = python.replace('"', r#"\""#);
    let html_safe = json
        .replace('<', r"\u003c")
        .replace('>', r"\u003e")
        .replace('&', r"\u0026");
    let mut ascii = String::new();
    for char in json.chars() {
        match char.is_ascii() {
            true => ascii.push(char),
            false => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let _ = write!(ascii, "\\u{unit:04x}");
                }
            }
        }
    }
    let slashes = json.replace('/', r"\/");
    vec![
        python.replace('\'', r"\'"),
        python,
        json,
        html_safe,
        ascii,
        slashes,
    ]
}

/// Escaped for HTML and XML, with each way to write quotation marks.
fn markup(secret: &str) -> Vec<String> {
    let plain = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let double = plain.replace('"', "&quot;");
    let quotes = ["&#x27;", "&#39;", "&apos;"].map(|quote| double.replace('\'', quote));
    let numbers = plain.replace('"', "&#34;").replace('\'', "&#39;");
    let mut forms = vec![plain, double, numbers];
    forms.extend(quotes);
    forms
}

/// With `%` escapes: programs differ in the characters that they leave as they are, and in the case of the digits.
fn url_encoded(secret: &str) -> Vec<String> {
    // RFC 3986; Python's `quote`; SQLAlchemy; JavaScript's `encodeURIComponent` and `encodeURI`.
    let kept = [
        "-_.~",
        "-_.~/",
        "-_.~ +",
        "-_.!~*'()",
        "-_.!~*'();/?:@&=+$,#",
    ];
    let mut forms = Vec::new();
    for kept in kept {
        let upper = percent(secret, kept, false);
        forms.push(upper.replace("%20", "+"));
        forms.push(percent(secret, kept, true));
        forms.push(upper);
    }
    forms
}

fn percent(secret: &str, kept: &str, lower: bool) -> String {
    let mut encoded = String::with_capacity(secret.len());
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else if lower {
            let _ = write!(encoded, "%{byte:02x}");
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// In base64, alone and within a longer text such as `user:secret`: the characters that the secret alone determines, for each
/// of the three places at which it can begin.
fn base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend(secret.as_bytes());
        // A character holds 6 bits: the first ones belong partly to the text before, the last one to the text after.
        let skipped = (before * 8).div_ceil(6);
        let end = bytes.len() * 8 / 6;
        for encoded in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            let piece = encoded.get(skipped..end).unwrap_or_default();
            if piece.len() >= SHORTEST_BASE64 {
                forms.push(piece.to_owned());
            }
        }
    }
    // Alone, its last character counts, too.
    forms.extend(
        [
            STANDARD_NO_PAD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
        ]
        .into_iter()
        .filter(|encoded| encoded.len() >= SHORTEST_BASE64),
    );
    forms
}
