//! The last log line of a run, in Prefect's form.

use crate::model::{Level, State, StateKind};

/// How a closing line begins.
const FINISHED: &str = "Finished in state ";

/// The level and the text of Prefect's closing line, such as `Finished in state Completed()` and
/// `Finished in state Failed('...')`: info for a run that completed, error for any other.
#[must_use]
pub fn closing_line(state: &State) -> (Level, String) {
    let mut parts = Vec::new();
    if let Some(message) = state
        .message
        .as_deref()
        .filter(|message| !message.is_empty())
    {
        parts.push(quoted(message));
    }
    let kind = state.kind.as_str();
    if !state.name.eq_ignore_ascii_case(kind) {
        parts.push(format!("type={kind}"));
    }
    let level = if state.kind == StateKind::Completed {
        Level::Info
    } else {
        Level::Error
    };
    (
        level,
        format!("{FINISHED}{}({})", state.name, parts.join(", ")),
    )
}

/// Whether a log line is a closing line.
pub(crate) fn is_closing_line(message: &str) -> bool {
    message.starts_with(FINISHED)
}

/// The text as Python's `repr` writes it.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push(quote);
    for char in text.chars() {
        match char {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\\' => shown.push_str("\\\\"),
            _ if char == quote => shown.extend(['\\', char]),
            _ if char.is_ascii_control() => shown.push_str(&format!("\\x{:02x}", u32::from(char))),
            _ => shown.push(char),
        }
    }
    shown.push(quote);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: StateKind, name: &str, message: Option<&str>) -> (Level, String) {
        closing_line(&State {
            kind,
            name: name.to_owned(),
            message: message.map(str::to_owned),
        })
    }

    #[test]
    fn closing_lines_have_prefects_form() {
        use StateKind::*;
        assert_eq!(
            line(Completed, "Completed", None),
            (Level::Info, "Finished in state Completed()".to_owned())
        );
        assert_eq!(
            line(Completed, "Warned", Some("Got 1 result")).1,
            "Finished in state Warned('Got 1 result', type=COMPLETED)"
        );
        assert_eq!(
            line(Failed, "Failed", Some("a\n\"b\"")),
            (
                Level::Error,
                "Finished in state Failed('a\\n\"b\"')".to_owned()
            )
        );
        assert_eq!(
            line(Failed, "Failed", Some("it's")).1,
            "Finished in state Failed(\"it's\")"
        );
        assert_eq!(
            line(Cancelled, "Skipped", None),
            (
                Level::Error,
                "Finished in state Skipped(type=CANCELLED)".to_owned()
            )
        );
    }
}
