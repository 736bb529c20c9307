//! Byte chunks into lines.

use std::borrow::Cow;

use memchr::memchr_iter;

use crate::prune::Pruner;

/// Cuts a stream of bytes into lines, with bounded memory.
///
/// A line may end in LF or CRLF; the last one needs no end. Bytes that are no UTF-8 become U+FFFD. A line above the
/// limit is not kept whole: each long JSON string in it is cut as it streams by, so that what remains is still the
/// same event with its `info` and `node_info`. If that is above the limit too, or no JSON, its head remains.
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
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    /// In its place once the line is above the limit.
    pruner: Option<Pruner>,
}

/// A line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLine<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Whether the line was too long to be kept whole.
    pub truncated: bool,
}

/// Compiled SQL rarely reaches this; what does is a log of a query that embeds data.
const DEFAULT_LIMIT: usize = 1 << 20;

impl Default for LineSplitter {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl LineSplitter {
    /// A splitter that keeps lines of up to `limit` bytes whole.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            partial: Vec::new(),
            pruner: None,
        }
    }

    /// Takes the next bytes of the stream, and hands out each line that they complete.
    pub fn push(&mut self, chunk: &[u8], mut on_line: impl FnMut(RawLine<'_>)) {
        let mut start = 0;
        for end in memchr_iter(b'\n', chunk) {
            self.end_line(&chunk[start..end], &mut on_line);
            start = end + 1;
        }
        self.keep(&chunk[start..]);
    }

    /// Ends the stream: hands out the last line if it had no end.
    pub fn finish(mut self, mut on_line: impl FnMut(RawLine<'_>)) {
        if self.pruner.is_some() || !self.partial.is_empty() {
            self.end_line(&[], &mut on_line);
        }
    }

    fn end_line(&mut self, rest: &[u8], on_line: &mut impl FnMut(RawLine<'_>)) {
        // The usual case: the line lies within the chunk, and nothing is copied.
        if self.pruner.is_none() && self.partial.is_empty() && rest.len() <= self.limit {
            return on_line(RawLine {
                text: text(rest),
                truncated: false,
            });
        }
        self.keep(rest);
        match self.pruner.take() {
            Some(pruner) => on_line(RawLine {
                text: text(&pruner.finish()),
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
        if self.pruner.is_none() {
            if self.partial.len() + bytes.len() <= self.limit {
                return self.partial.extend_from_slice(bytes);
            }
            let mut pruner = Pruner::new(self.limit);
            pruner.push(&std::mem::take(&mut self.partial));
            self.pruner = Some(pruner);
        }
        if let Some(pruner) = &mut self.pruner {
            pruner.push(bytes);
        }
    }
}

fn text(line: &[u8]) -> Cow<'_, str> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line)
}
