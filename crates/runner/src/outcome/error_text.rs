//! An error with its causes and what to do, as people read it.

use std::fmt::Write;

/// What failed, a line `caused by` for each cause, and the hint after a blank line. `messages` are those of
/// [`error_messages`](crate::model::error_messages).
pub(crate) fn error_text(messages: &[String], hint: Option<&str>) -> String {
    let mut messages = messages.iter();
    let mut text = messages.next().cloned().unwrap_or_default();
    for cause in messages {
        // Further lines of a cause stand below its first one.
        let mut lines = cause.lines();
        let _ = write!(text, "\n  caused by: {}", lines.next().unwrap_or_default());
        for line in lines {
            text.push('\n');
            text.push_str(format!("    {line}").trim_end());
        }
    }
    if let Some(hint) = hint {
        let _ = write!(text, "\n\nhint: {hint}");
    }
    text
}
