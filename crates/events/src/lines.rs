//! Splits a stream of bytes into lines.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::truncate::JsonTruncator;

/// Splits a stream of bytes into lines, with bounded memory.
///
/// A line ends with LF or CRLF; the last one may have no end. Bytes that are not UTF-8 become U+FFFD. A line longer than
/// the limit is shortened while it is read: its long JSON strings are truncated, so that the line is still the same event
/// with its `info` and `node_info`. If it is then still longer than the limit, or not JSON, only its beginning is kept.
///
/// ```
/// let (mut splitter, mut lines) = (dbt_events::LineSplitter::default(), Vec::new());
/// splitter.push(b"one\r\ntw", |line| lines.push(line.text.into_owned()));
/// splitter.push(b"o\nthree", |line| lines.push(line.text.into_owned()));
/// splitter.finish(|line| lines.push(line.text.into_owned()));
/// assert_eq!(lines, ["one", "two", "three"]);
/// ```
#[derive(Debug)]
pub struct LineSplitter {
    limit: usize,
    /// The line read so far.
    partial: Vec<u8>,
    /// Replaces `partial` as soon as the line is longer than the limit.
    truncator: Option<JsonTruncator>,
}

/// A line, without its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawLine<'a> {
    /// The text of the line.
    pub text: Cow<'a, str>,
    /// Whether the line was longer than the limit and is shortened.
    pub truncated: bool,
}

/// The default limit, in bytes. Compiled SQL is rarely longer; queries with embedded data are.
const DEFAULT_LIMIT: usize = 1 << 20;

impl Default for LineSplitter {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl LineSplitter {
    /// A splitter that keeps lines of up to `limit` bytes complete.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            partial: Vec::new(),
            truncator: None,
        }
    }

    /// Reads the next bytes of the stream, and calls `on_line` for each line that they complete.
    pub fn push(&mut self, chunk: &[u8], mut on_line: impl FnMut(RawLine<'_>)) {
        let mut start = 0;
        for end in memchr_iter(b'\n', chunk) {
            self.end_line(&chunk[start..end], &mut on_line);
            start = end + 1;
        }
        self.keep(&chunk[start..]);
    }

    /// Ends the stream, and calls `on_line` for the last line if it has no line break.
    pub fn finish(mut self, mut on_line: impl FnMut(RawLine<'_>)) {
        if self.truncator.is_some() || !self.partial.is_empty() {
            self.end_line(&[], &mut on_line);
        }
    }

    fn end_line(&mut self, rest: &[u8], on_line: &mut impl FnMut(RawLine<'_>)) {
        // The usual case: the line is within the chunk, and nothing is copied.
        if self.truncator.is_none() && self.partial.is_empty() && rest.len() <= self.limit {
            return on_line(RawLine {
                text: text(rest),
                truncated: false,
            });
        }
        self.keep(rest);
        match self.truncator.take() {
            Some(truncator) => on_line(RawLine {
                text: text(&truncator.finish()),
                truncated: true,
            }),
            None => on_line(RawLine {
                text: text(&self.partial),
                truncated: false,
            }),
        }
        self.partial.clear();
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.truncator.is_none() {
            if self.partial.len() + bytes.len() <= self.limit {
                return self.partial.extend_from_slice(bytes);
            }
            let mut truncator = JsonTruncator::new(self.limit);
            truncator.push(&std::mem::take(&mut self.partial));
            self.truncator = Some(truncator);
        }
        if let Some(truncator) = &mut self.truncator {
            truncator.push(bytes);
        }
    }
}

fn text(line: &[u8]) -> Cow<'_, str> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line)
}
